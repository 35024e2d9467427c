// Why this value: what each input contributes to the chosen output at the present setting, against a
// reference that the reader chooses. The numbers are those of `sna-edge query --explain`.
import { copyText, el, format, labelOf, withUnit } from './dom.js';
import { outputChoice } from './matters.js';
import { spreadRows } from './numbers/settings.js';
import { contributionsOf, rowsWithin } from './numbers/shapley.js';
import { inputControls, inputText, numberField, plainNumber } from './profiling/controls.js';
import { settingCommand, shellQuoted } from './profiling/handover.js';

const QUICK_SETTINGS = 1 << 13, MOST = 1 << 17, SPREAD_ROWS = 256, REST_MS = 250;

export function why(app, root) {
  const state = { app, against: 'start', kept: null, row: 1, rows: measuredSettings(app), order: [], timer: 0 };
  const lines = app.model.inputs.map((_, i) => inputLine(state, i));
  const ends = { base: endLine('at the reference'), here: endLine('at this setting') };
  const body = el('tbody', {}, ends.base.node, lines.map((line) => line.node), ends.here.node);
  const parts = {
    lead: el('p', { class: 'lead-answer', role: 'status' }), note: el('p', { class: 'soft small' }), lines, ends, body,
    unit: el('th', { scope: 'col' }), table: el('table', { class: 'why' }),
  };
  parts.table.append(el('thead', {}, el('tr', {},
    el('th', { scope: 'col', text: 'input' }), parts.unit, el('th', { scope: 'col', class: 'path', text: 'from reference to here' }),
    ...['reference', 'here'].map((text) => el('th', { scope: 'col', text })), el('td'))), body);
  state.redraw = () => drawWhy(state, parts);
  root.append(choices(state), parts.lead,
    el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Contributions of the inputs' }, parts.table), parts.note);
  for (const event of ['setting', 'output', 'size']) app.on(event, () => app.frame(state.redraw));
  app.frame(state.redraw);
}

// Measured rows as settings; those with a missing reading are left out.
function measuredSettings(app) {
  const columns = app.about.rows?.inputs ?? [];
  if (columns.length !== app.model.inputs.length) return [];
  return [...columns[0].keys()].filter((j) => columns.every((c) => Number.isFinite(c[j])))
    .map((j) => ({ number: app.about.rows.row?.[j] ?? j + 1, x: Float64Array.from(columns, (c) => c[j]) }));
}

// Position of the row whose number in the table is nearest to v.
export function nearestRow(rows, v) {
  let best = 0;
  rows.forEach((row, i) => {
    if (Math.abs(row.number - v) < Math.abs(rows[best].number - v)) best = i;
  });
  return best;
}

// What the reader chooses: the reference, and what becomes of it.
function choices(state) {
  const { app, rows } = state;
  const kinds = [['start', 'start setting'], ['kept', 'remembered setting'],
    ...(rows.length ? [['row', 'measured row']] : []), ['mean', rows.length ? 'mean of measured rows' : 'mean over the domain']];
  const options = kinds.map(([value, text]) => el('option', { value, text, disabled: value === 'kept' }));
  const select = el('select', { id: 'why-against' }, options);
  const field = numberField('number of the measured row', () => rows[state.row - 1].number, (v) => {
    state.row = 1 + nearestRow(rows, v);
    app.frame(state.redraw);
  });
  const some = app.about.rows && app.about.rows.total > rows.length ? ' (the nearest drawn)' : '';
  const of = el('label', { hidden: true }, el('span', { text: rows.length ? `row ${rows[0].number} to ${rows.at(-1).number} of the table${some}` : '' }), field);
  field.value = rows.length ? String(rows[0].number) : '';
  const choose = (value) => {
    state.against = select.value = value;
    of.hidden = value !== 'row';
    app.frame(state.redraw);
  };
  select.addEventListener('change', () => choose(select.value));
  const keep = () => {
    state.kept = Float64Array.from(app.setting);
    options[1].disabled = false;
    choose('kept');
  };
  const said = el('span', { class: 'soft small', role: 'status' });
  const copy = async () => {
    const done = await copyText(whyCommand(state));
    said.textContent = done ? 'A command that gives these numbers is in the clipboard.' : 'The browser allows no copying here.';
  };
  return el('div', { class: 'controls' }, [...outputChoice(app).childNodes],
    el('label', { for: 'why-against' }, el('span', { text: 'explained against' }), select), of,
    el('button', { type: 'button', class: 'act', text: 'Remember this setting', onclick: keep }),
    el('button', { type: 'button', class: 'act', text: 'Copy as command', onclick: copy }), said);
}

// The setting that is the reference; null where it is a mean.
function referenceSetting(state) {
  if (state.against === 'start') return Float64Array.from(state.app.about.start);
  if (state.against === 'kept') return state.kept;
  return state.against === 'row' ? state.rows[state.row - 1].x : null;
}

// {references, said}: the rows that a mean is taken over, at most so many that `settings` mixed ones do.
function referencesOf(state, settings) {
  const one = referenceSetting(state);
  const named = { start: 'at the start setting', kept: 'at the remembered setting', row: `in measured row ${state.rows[state.row - 1]?.number}` };
  if (one) return { references: [one], said: named[state.against], settings: MOST, whole: true };
  const all = state.rows.length ? state.rows.map((row) => row.x) : spreadSettings(state.app);
  const count = rowsWithin(state.app.model.inputs.length, all.length, settings);
  const some = Array.from({ length: count }, (_, j) => all[Math.floor((j * all.length) / count)]);
  const of = state.rows.length ? `${count === all.length ? '' : `${count} of `}${all.length} measured rows` : `${count} settings spread over the domain`;
  const whole = all.length * 2 ** state.app.model.inputs.length <= settings;
  return { references: some, said: `in the mean of ${of}`, settings, whole };
}

function spreadSettings(app) {
  const { inputs } = app.model, d = inputs.length;
  const ends = inputs.map((input) => [input.lower, input.upper]);
  const free = inputs.map((input, i) => ({ ...input, step: 0, i }));
  const rows = spreadRows(free, ends, app.about.start, free.map((one) => one.i), SPREAD_ROWS);
  return Array.from({ length: SPREAD_ROWS }, (_, j) => rows.slice(j * d, (j + 1) * d));
}

// Quick while a slider moves; a mean over many rows follows when it rests.
function drawWhy(state, parts) {
  clearTimeout(state.timer);
  const quick = referencesOf(state, QUICK_SETTINGS);
  show(state, parts, quick);
  if (quick.whole) return;
  state.timer = setTimeout(() => show(state, parts, referencesOf(state, MOST)), REST_MS);
}

function show(state, parts, { references, said, settings }) {
  const { app } = state, k = app.output, outputs = app.model.outputs.length, output = app.about.outputs[k];
  for (const line of parts.lines) line.controls.show();
  app.model.value(app.setting);
  const status = app.model.status;
  const evaluate = (x, rows) => app.model.values(x, rows, true);
  const good = Number.isFinite(app.model.value(app.setting)[k]) && references.every((r) => Number.isFinite(app.model.value(r)[k]));
  parts.table.hidden = !good;
  if (!good) {
    parts.lead.textContent = Number.isFinite(app.model.value(app.setting)[k]) ? 'The reference has no value; choose another.' : `This setting has no value (${status.replaceAll('_', ' ')}).`;
    parts.note.textContent = '';
    return;
  }
  const found = contributionsOf(evaluate, app.setting, references, outputs, settings);
  const shares = app.model.inputs.map((_, i) => ({ i, share: found.share[i * outputs + k], error: found.error[i * outputs + k] }));
  const told = { shares, base: found.base[k], here: found.value[k], output, said };
  told.decimals = decimalsOf([told.base, told.here], shares.map((s) => s.share));
  parts.lead.textContent = leadOf(state, told);
  parts.unit.textContent = output.unit ? `contribution [${output.unit}]` : 'contribution';
  fill(state, parts, told, references);
  parts.note.textContent = noteOf(state, told);
}

// So many that the largest number has five digits and the largest contribution three, as in
// `sna-edge query --explain`; what rounding leaves is none.
export function decimalsOf(ends, shares) {
  const largest = (numbers) => Math.max(...numbers.filter(Number.isFinite).map(Math.abs), 0);
  const whole = largest([...ends, ...shares]), share = largest(shares);
  if (whole === 0) return 0;
  const finer = share > 1e-9 * whole ? 2 - Math.floor(Math.log10(share)) : 0;
  const usual = 4 - Math.floor(Math.log10(whole));
  return Math.min(Math.max(usual, finer, 0), Math.max(usual, 12));
}

function signed(share, decimals) {
  if (share === 0) return '0';
  return `${share > 0 ? '+' : '-'}${Math.abs(share).toFixed(decimals)}`;
}

function leadOf(state, { shares, base, here, output, said }) {
  const by = here - base, most = shares.reduce((a, b) => (Math.abs(b.share) > Math.abs(a.share) ? b : a));
  const start = `${output.name} is ${withUnit(here, output.unit)}`;
  if (shares.every((s) => s.share === 0)) return `${start}, as ${said}.`;
  const much = `${withUnit(Math.abs(by), output.unit, 4)} ${by < 0 ? 'less' : 'more'} than ${said}`;
  const name = state.app.model.inputs[most.i].name;
  return `${start}: ${much}. ${name} contributes most: ${most.share < 0 ? '-' : '+'}${withUnit(Math.abs(most.share), output.unit, 4)}.`;
}

function noteOf(state, told) {
  const sampled = told.shares.some((s) => s.error > 0) ? ' They are sampled: \u00b1 holds in 95 of 100 cases.' : '';
  return `The contributions add up to the difference; each is the mean over all orders in which the inputs may change (Shapley values).${sampled}`;
}

// A line of the table: the input with its controls, its contribution, and its step in the fall.
function inputLine(state, i) {
  const { app } = state, input = app.model.inputs[i];
  const controls = inputControls(app, i);
  const cells = { reference: el('td'), share: el('td', { class: 'share' }), fall: el('div', { class: 'fall', 'aria-hidden': 'true' }) };
  const back = el('button', {
    type: 'button', class: 'act use', text: 'as reference', 'aria-label': `set ${input.name} as in the reference`,
    onclick: () => app.set(i, referenceSetting(state)[i]),
  });
  const node = el('tr', {}, el('th', { scope: 'row', text: labelOf(input) }), cells.share, el('td', {}, cells.fall),
    cells.reference, el('td', { class: 'here' }, el('div', {}, controls.nodes)), el('td', {}, back));
  return { node, controls, cells, back };
}

function endLine(text) {
  const value = el('td', { class: 'share' }), fall = el('div', { class: 'fall', 'aria-hidden': 'true' });
  return { node: el('tr', { class: 'end' }, el('th', { scope: 'row', text }), value, el('td', {}, fall), el('td'), el('td'), el('td')), value, fall };
}

function fill(state, parts, told, references) {
  const { app } = state, one = referenceSetting(state);
  keepOrder(state, parts, told.shares);
  const scale = fallScale(state.order, told);
  let at = told.base;
  for (const { i, share, error } of state.order) {
    const { cells, back } = parts.lines[i];
    cells.reference.textContent = one ? inputText(app.model.inputs[i], one[i]) : 'mean';
    cells.share.textContent = signed(share, told.decimals) + (error > 0 ? ` \u00b1 ${format(error, 2)}` : '');
    back.hidden = !one;
    back.disabled = !one || one[i] === app.setting[i];
    step(cells.fall, scale, at, at + share);
    at += share;
  }
  parts.ends.base.value.textContent = told.base.toFixed(told.decimals);
  parts.ends.here.value.textContent = told.here.toFixed(told.decimals);
  step(parts.ends.base.fall, scale, told.base, told.base);
  step(parts.ends.here.fall, scale, told.here, told.here);
}

// Lines by the size of the contribution; while one of them is used they stay where they are.
function keepOrder(state, parts, shares) {
  const used = parts.body.contains(document.activeElement);
  if (used && state.order.length) {
    state.order = state.order.map(({ i }) => shares[i]);
    return;
  }
  state.order = [...shares].sort((a, b) => Math.abs(b.share) - Math.abs(a.share) || a.i - b.i);
  parts.body.append(...state.order.map(({ i }) => parts.lines[i].node), parts.ends.here.node);
}

function fallScale(order, { base, here }) {
  const path = [base, here];
  let at = base;
  for (const { share } of order) path.push((at += share));
  const low = Math.min(...path), span = Math.max(...path) - low || 1;
  return (v) => (100 * (v - low)) / span;
}

function step(node, scale, from, to) {
  const bar = node.firstChild ?? node.appendChild(el('span'));
  bar.className = from === to ? 'tick' : to > from ? 's0' : 's1';
  bar.style.left = `${Math.min(scale(from), scale(to)).toFixed(2)}%`;
  bar.style.width = from === to ? '' : `${Math.abs(scale(to) - scale(from)).toFixed(2)}%`;
}

// The command line that gives these numbers; rows of the page are those of a table that it names.
function whyCommand(state) {
  const { app } = state, one = referenceSetting(state);
  const command = `${settingCommand(app)} --explain`;
  if (!one) return `${command} --against ${state.rows.length ? 'rows.csv' : 'mean'}`;
  const differ = app.model.inputs.map((input, i) => ({ input, i })).filter(({ i }) => one[i] !== app.setting[i]);
  const given = (differ.length ? differ : [{ input: app.model.inputs[0], i: 0 }])
    .map(({ input, i }) => `${input.name}=${input.levels ? input.levels[one[i]] : plainNumber(one[i])}`);
  const odd = given.filter((text) => text.startsWith('-')).map((text) => shellQuoted(`--against=${text}`));
  const plain = given.filter((text) => !text.startsWith('-')).map(shellQuoted);
  return [command, ...(plain.length ? ['--against', ...plain] : []), ...odd].join(' ');
}
