// Charts of the last parts: predictions with intervals, limits and control limits; residuals once
// parts are measured; below, what the charts signal in words.
import { el, fill, write } from '../base/dom.js';
import { coverage } from '../base/covered.js';
import { number, when } from '../base/numbers.js';
import { chosenLine, chosenOutput, factsOf } from '../base/state.js';
import { drawRun } from '../drawing/chart.js';

const SIGNALS = 4;

export function chartCard(root) {
  const title = el('h2'), first = canvas('Predicted values of the last parts'), key = el('p', { class: 'key soft' });
  const second = canvas('Residuals of the last parts'), residual = el('h2', { text: 'Measured less predicted' });
  const cover = el('p', { class: 'cover' }), signals = el('ul', { class: 'signals' });
  root.append(el('section', { class: 'card charts', 'aria-label': 'Charts of the last parts' },
    title, first, key, residual, second, cover, signals));
  return () => paint({ title, first, key, second, residual, cover, signals });
}

function canvas(label) {
  return el('canvas', { class: 'run', role: 'img', 'aria-label': label });
}

function paint(on) {
  const line = chosenLine(), name = chosenOutput(line);
  if (!name) return;
  const unit = factsOf(line).units[name] ?? '', told = line.outputs[name];
  const rows = line.points.filter((p) => p[4][name]);
  write(on.title, unit ? `${name} [${unit}]` : name);
  drawRun(on.first, rows.map((p) => pointOf(p, name, 'value')), { lines: told.value, limits: told.limits });
  on.first.setAttribute('aria-label', saysOf(name, rows, told.value));
  write(on.key, keyOf(told));
  const measured = rows.filter((p) => Number.isFinite(p[4][name][3]));
  for (const node of [on.residual, on.second]) node.hidden = measured.length === 0;
  if (measured.length) {
    drawRun(on.second, measured.map((p) => pointOf(p, name, 'residual')), { lines: told.residual, zero: true, short: true });
    on.second.setAttribute('aria-label', saysOf(`residuals of ${name}`, measured, told.residual));
  }
  covers(on.cover, told.covered, factsOf(line).levels[name]);
  listed(on.signals, rows, name);
}

function pointOf([record, at, part, verdict, outputs], name, what) {
  const [value, lower, upper, measured, rules] = outputs[name];
  const signal = rules.some((rule) => rule.startsWith(`${what}:`));
  if (what === 'residual') return { record, part, y: measured - value, signal, verdict: '' };
  return { record, at, part, y: value, lower, upper, measured, signal, verdict };
}

function keyOf(told) {
  const said = ['bar: interval', 'dotted: control limits', 'dashed: limits of the part', 'ring: a rule signals'];
  if (told.value.wait) said[1] = `control limits after ${told.value.wait} more parts`;
  return said.join(' · ');
}

function saysOf(name, rows, lines) {
  const marked = rows.filter((p) => Object.values(p[4]).some((one) => one[4].length)).length;
  const limits = Number.isFinite(lines.lower) ? `, control limits ${number(lines.lower)} and ${number(lines.upper)}` : '';
  return `Chart of ${name}: ${rows.length} parts${limits}, ${marked} with signals`;
}

function covers(node, told, level) {
  const found = coverage(told, level);
  node.hidden = !found;
  if (!found) return;
  node.dataset.kind = found.kind;
  write(node, found.words);
}

// A line for each rule that signals: how often, and at which part last.
function listed(node, rows, name) {
  const found = new Map();
  for (const p of rows) {
    for (const rule of p[4][name][4]) {
      const before = found.get(rule)?.[0] ?? 0;
      found.delete(rule);
      found.set(rule, [before + 1, p[2], p[1]]);
    }
  }
  const last = [...found].reverse().slice(0, SIGNALS);
  fill(node, JSON.stringify([name, last]), () => last.map(([rule, [count, part, at]]) =>
    el('li', {}, el('b', { text: `${wordsOf(rule)}: ` }), `${count > 1 ? `${count} parts, last ` : 'part '}${part}, ${when(at)}`)));
}

function wordsOf(rule) {
  const [what, ...words] = rule.split(': ');
  return `${what === 'residual' ? 'residuals, ' : ''}${words.join(': ')}`;
}
