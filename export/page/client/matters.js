// What matters: how much of the variance of an output each input explains, which inputs act together,
// and what scatter of the inputs makes of the present setting.
import { el, labelOf } from './dom.js';
import { cividisStyle } from './drawing/colours.js';
import { percentText, scrolled } from './told.js';
import { scatterView } from './scattered.js';

export function matters(app, root) {
  const bars = el('section'), pairs = el('section'), scatter = el('section');
  root.append(outputChoice(app), bars, pairs, scatter);
  const draw = () => {
    bars.replaceChildren(...sobolBars(app));
    pairs.replaceChildren(...pairMap(app));
  };
  app.on('output', () => app.frame(draw));
  draw();
  scatterView(app, scatter);
}

// Which output is looked at, where there are several.
export function outputChoice(app) {
  const outputs = app.about.outputs;
  if (outputs.length < 2) return el('div');
  const id = `choose-${(outputChoice.count = (outputChoice.count ?? 0) + 1)}`;
  const select = el('select', { id, onchange: () => app.choose(Number(select.value)) },
    ...outputs.map((o, k) => el('option', { value: k, selected: k === app.output, text: o.name })));
  app.on('output', () => (select.value = String(app.output)));
  return el('div', { class: 'controls' }, el('label', { for: id }, el('span', { text: 'output' }), select));
}

// Inputs by total index, the largest first, with [first, total].
function orderedInputs(app) {
  const { names, first, total } = app.about.sobol;
  const own = (table, d) => table[d][app.output];
  const input = (name) => app.about.inputs.find((one) => one.name === name) ?? { name, unit: '' };
  return names.map((name, d) => ({ input: input(name), d, first: own(first, d), total: own(total, d) }))
    .filter((one) => one.total !== null).sort((a, b) => b.total - a.total);
}

function sobolBars(app) {
  const output = app.about.outputs[app.output];
  const head = el('h2', { text: `What matters for ${output.name}` });
  const order = app.about.sobol ? orderedInputs(app) : [];
  if (!order.length) return [head, el('p', { text: 'The variance of this output cannot be parted between its inputs.' })];
  const error = Math.max(...app.about.sobol.error.map((row) => row[app.output] ?? 0));
  const most = order[0], effect = app.about.effects?.[most.d]?.[app.output];
  const largest = Math.max(...order.map((one) => one.total), 1e-9);
  const said = `${most.input.name} matters most: ${percentText(most.first)} of the variance of ${output.name} by itself, `
    + `${percentText(most.total)} with its interactions${effect ? `; over its range it moves the mean by ${Number(effect.toPrecision(3))} ${output.unit}`.trimEnd() : ''}.`;
  const rows = order.map((one) => el('tr', {}, el('th', { scope: 'row', text: labelOf(one.input) }),
    el('td', { class: 'bars' }, bar(one.total / largest, 's1'), bar(one.first / largest, 's0')),
    el('td', { text: percentText(one.first) }), el('td', { text: percentText(one.total) })));
  return [head, el('p', { class: 'lead-answer', text: said }),
    scrolled('Shares of the variance', el('table', { class: 'sobol' },
      el('tr', {}, el('th', { scope: 'col', text: 'input' }), el('td'),
        el('th', { scope: 'col' }, el('span', { class: 'key s0' }), 'alone'), el('th', { scope: 'col' }, el('span', { class: 'key s1' }), 'with others')), ...rows)),
    el('p', { class: 'soft small', text: `Sobol indices of the output over the whole domain, inputs uniform and independent; ${
      error > 0 ? `sampled, to ${percentText(error)}` : 'exact'}. Shares with others count interactions once for each input of them.` })];
}

function bar(share, series) {
  const node = el('span', { class: `bar ${series}`, 'aria-hidden': 'true' });
  node.style.width = `${(100 * Math.max(share, 0)).toFixed(2)}%`;
  return node;
}

function pairMap(app) {
  const table = app.about.sobol?.pairs?.[app.output];
  if (!table || app.about.inputs.length < 2) return [];
  const shown = orderedInputs(app), largest = Math.max(...table.flat().map((v) => v ?? 0), 1e-3);
  let best = [0, null, null];
  for (const a of shown) for (const b of shown) if (a.d < b.d && table[a.d][b.d] > best[0]) best = [table[a.d][b.d], a, b];
  const lines = shown.map((a) => el('tr', {}, el('th', { scope: 'row', text: a.input.name }),
    ...shown.map((b) => pairCell(a.d === b.d ? null : table[a.d][b.d] ?? 0, largest))));
  const said = best[1] && best[0] > 0.005
    ? `${best[1].input.name} and ${best[2].input.name} act together most: ${percentText(best[0])} of the variance is their interaction.`
    : 'Inputs hardly act together: their effects add up.';
  return [el('h2', { text: 'Which inputs act together' }), el('p', { class: 'lead-answer', text: said }),
    scrolled('Interactions of two inputs', el('table', { class: 'pairs' },
      el('tr', {}, el('td'), ...shown.map((b) => el('th', { scope: 'col' }, el('span', { text: b.input.name })))), ...lines)),
    el('p', { class: 'soft small', text: 'Share of the variance that two inputs explain together beyond what each explains alone.' })];
}

function pairCell(share, largest) {
  if (share === null) return el('td', { class: 'none', text: '' });
  const cell = el('td', { text: share < 0.0005 ? '0' : (100 * share).toFixed(share < 0.1 ? 1 : 0) });
  const { fill, dark } = cividisStyle(0.08 + 0.92 * (share / largest));
  cell.style.backgroundColor = fill;
  cell.style.color = dark ? '#111' : '#fff';
  return cell;
}
