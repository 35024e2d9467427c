// Control charts by choice: what is watched, by which chart, with its limits, where they are from, and
// what its signals say in words, with what is to be done.
import { button, el, fill, write } from '../base/dom.js';
import { kept } from '../base/kept.js';
import { number, when } from '../base/numbers.js';
import { chosenLine, chosenOutput, factsOf, live, nameOf, planOf, state } from '../base/state.js';
import { ask, send } from '../base/wire.js';
import { askWho } from '../base/who.js';
import { drawControl } from '../drawing/control.js';

const EVERY = 1000; // ms
const SIGNALS = 4;
const WHAT = { value: 'Predicted', measured: 'Measured', residual: 'Measured less predicted', inputs: 'All inputs together', residuals: 'All residuals together', rejects: 'Rejects' };
const KINDS = {
  individuals: 'Individuals, moving range', xbar: 'Means of subgroups', ewma: 'EWMA', cusum: 'CUSUM', t2: 'Hotelling T2', p: 'Share of rejects (p)',
};
const SLIGHT = { ewma: 'finds slow drifts', cusum: 'finds lasting shifts of about one sigma', individuals: 'finds jumps at once', xbar: 'finds shifts between groups of parts', t2: 'finds parts whose values do not fit together', p: 'finds a change of the share' };

export function chartsView(root) {
  const what = el('select', { id: 'chart-what' }), kind = el('select', { id: 'chart-kind' });
  const canvas = el('canvas', { class: 'control', role: 'img', 'aria-label': 'Control chart' });
  const on = { what, kind, canvas, title: el('h2'), facts: el('p', { class: 'soft' }), signals: el('ul', { class: 'signals' }), rules: el('ul'), said: el('p', { class: 'said', role: 'status' }) };
  const view = { list: [], told: null, at: 0, line: '', name: '', busy: false };
  const anew = button('New limits from the next parts', () => renew(view, on), { id: 'chart-anew' });
  root.append(el('div', { class: 'row controls' }, el('label', { for: 'chart-what' }, el('span', { text: 'Of' }), what),
    el('label', { for: 'chart-kind' }, el('span', { text: 'Chart' }), kind)),
  el('section', { class: 'card', 'aria-label': 'Control chart' }, on.title, on.facts, canvas, on.signals,
    el('details', {}, el('summary', { text: 'Rules and limits of this chart' }), on.rules, anew, on.said)));
  what.addEventListener('change', () => pick(view, on, true));
  kind.addEventListener('change', () => pick(view, on, false));
  return () => paint(view, on);
}

// A chart goes by 'of/output'; which kind was looked at last is kept for each.
async function paint(view, on) {
  const line = chosenLine();
  if (!line || !live() || view.busy) return draw(view, on);
  if (nameOf(line) !== view.line) Object.assign(view, { line: nameOf(line), list: [], told: null, name: '', at: 0 });
  if (Date.now() - view.at >= EVERY) {
    Object.assign(view, { at: Date.now(), busy: true });
    await fetched(view, on, line);
    view.busy = false;
  }
  draw(view, on);
}

async function fetched(view, on, line) {
  const place = { station: line.station, recipe: line.recipe };
  const { charts = [] } = await ask('charts', place);
  view.list = charts;
  choices(view, on, line);
  const [of, output, chart] = (view.name || '//').split('\n');
  if (!chart) return;
  const told = await ask('chart', { ...place, of, output, chart });
  if (view.name === [of, output, chart].join('\n')) view.told = told.message ? null : told;
}

function choices(view, on, line) {
  const groups = [...new Map(view.list.map((one) => [`${one.of}\n${one.output}`, one])).values()];
  groups.sort((a, b) => (a.output === '') - (b.output === ''));
  fill(on.what, `${view.line} ${groups.map((one) => one.of + one.output)}`, () => groups.map((one) => el('option', { value: `${one.of}\n${one.output}`, text: one.output ? `${one.output}, ${WHAT[one.of].toLowerCase()}` : WHAT[one.of] })));
  if (!view.name && groups.length) {
    on.what.value = groups.some((one) => one.output === chosenOutput(line) && one.of === 'value') ? `value\n${chosenOutput(line)}` : on.what.options[0].value;
    pick(view, on, true, false);
  } else kinds(view, on);
}

function kinds(view, on) {
  const known = view.list.filter((one) => `${one.of}\n${one.output}` === on.what.value);
  fill(on.kind, `${view.line} ${on.what.value} ${known.map((one) => one.chart)}`, () => known.map((one) => el('option', { value: one.chart, text: KINDS[one.chart] })));
}

function pick(view, on, other, now = true) {
  if (other) {
    kinds(view, on);
    const last = kept(`sna-chart ${view.line} ${on.what.value}`);
    if (last && [...on.kind.options].some((one) => one.value === last)) on.kind.value = last;
  } else kept(`sna-chart ${view.line} ${on.what.value}`, on.kind.value);
  view.name = `${on.what.value}\n${on.kind.value}`;
  view.told = null;
  view.at = 0;
  if (now) paint(view, on);
}

function draw(view, on) {
  const { told } = view, [of, output] = view.name.split('\n'), line = chosenLine();
  const unit = output ? factsOf(line).units[output] ?? '' : '';
  write(on.title, told ? `${output ? `${output}, ` : ''}${WHAT[of]?.toLowerCase() ?? ''}${unit ? ` [${unit}]` : ''}` : line ? 'Control charts' : 'Nothing has been judged yet.');
  write(on.facts, told ? factsLine(told) : '');
  on.canvas.hidden = !told?.heads?.length;
  if (!on.canvas.hidden) {
    drawControl(on.canvas, told, told.heads.map(headWords));
    const signals = told.points.filter((p) => p[4].length).length;
    on.canvas.setAttribute('aria-label', `${KINDS[told.kind]} of ${on.title.textContent}: ${told.points.length} points, ${signals} with signals; ${told.heads.map(headWords).join('; ')}`);
  }
  fill(on.signals, JSON.stringify([view.name, signalsOf(told)]), () => signalsOf(told).map(([rule, count, part, at]) => signalRow(told, line, rule, count, part, at)));
  fill(on.rules, JSON.stringify([view.name, told?.rules, told?.begin]), () => rulesOf(told).map((text) => el('li', { text })));
}

function headWords([statistic, center, lower, upper]) {
  const ends = [Number.isFinite(lower) ? `lower limit ${number(lower)}` : '', `centre ${number(center)}`, Number.isFinite(upper) ? `upper limit ${number(upper)}` : ''];
  return `${statistic}: ${ends.filter(Boolean).join(', ')}`;
}

function factsLine(told) {
  if (told.wait) return `Limits come after ${told.wait} more part${told.wait > 1 ? 's' : ''}.`;
  const size = told.size > 1 ? ` of ${told.size} parts each` : '';
  return `${told.words}: ${SLIGHT[told.kind]}. ${number(told.n, 7)} points${size}, ${number(told.signalled, 7)} with signals.`;
}

function rulesOf(told) {
  if (!told) return [];
  const from = told.wait ? [] : [`Limits are of ${told.reference} points, parts ${told.begin || '?'} to ${told.end || '?'}, set ${when(told.since)}; they stay until somebody asks for new ones or another model judges.`];
  return [...from, ...told.rules.map((rule) => `Signals: ${rule}.`)];
}

// [rule, how often, last part, when] of the points that are drawn, the newest first.
function signalsOf(told) {
  const found = new Map();
  for (const [, at, part, , rules] of told?.points ?? []) {
    for (const rule of rules) {
      const before = found.get(rule)?.[0] ?? 0;
      found.delete(rule);
      found.set(rule, [before + 1, part, at]);
    }
  }
  return [...found].reverse().slice(0, SIGNALS).map(([rule, rest]) => [rule, ...rest]);
}

function signalRow(told, line, rule, count, part, at) {
  const says = told.says[rule], plan = planOf(line, rule.replace(/^moving range: /, ''));
  return el('li', {}, el('b', { text: `${rule}: ` }), `${count > 1 ? `${count} points, last ` : ''}part ${part}, ${when(at)}`,
    says ? el('p', { class: 'soft', text: says }) : null, plan ? el('p', { class: 'plan' }, el('b', { text: 'Do: ' }), plan) : null);
}

async function renew(view, on) {
  const [of, output, chart] = view.name.split('\n'), line = chosenLine();
  if (!chart || !(await askWho())) return;
  const why = await send('limits', { station: line.station, recipe: line.recipe, of, output, chart });
  write(on.said, why ? `Not done: ${why}.` : `Recorded: new limits asked for by ${state.who}.`);
  view.at = 0;
}
