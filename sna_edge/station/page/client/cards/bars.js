// Each output of the last part: its value and interval as a bar against the limits.
import { el, fill, write } from '../base/dom.js';
import { along, number, percent } from '../base/numbers.js';
import { changed, chosenLine, chosenOutput, factsOf, live, nameOf, state } from '../base/state.js';

export function barsCard(root) {
  const list = el('div', { class: 'bars' });
  root.append(el('section', { class: 'card', 'aria-label': 'Values against limits' }, list));
  const rows = new Map();
  return () => {
    const line = chosenLine(), names = Object.keys(line?.outputs ?? {});
    fill(list, `${line && nameOf(line)} ${names.join('\n')}`, () => {
      rows.clear();
      return names.map((name) => {
        rows.set(name, barRow(name));
        return rows.get(name).node;
      });
    });
    for (const name of names) paintBar(rows.get(name), line, name);
  };
}

function barRow(name) {
  const value = el('b'), within = el('span', { class: 'soft' }), says = el('span', { class: 'says' });
  const band = el('i', { class: 'band' }), range = el('i', { class: 'range' }), at = el('i', { class: 'at' });
  const goal = el('i', { class: 'goal' }), low = el('i', { class: 'limit' }), high = el('i', { class: 'limit' });
  const lowSays = el('span', { class: 'end' }), highSays = el('span', { class: 'end' });
  const scale = el('div', { class: 'scale', 'aria-hidden': 'true' }, band, low, high, goal, range, at);
  const node = el('button', {
    type: 'button', class: 'bar', onclick: () => ((state.output = name), changed()),
  }, el('span', { class: 'line' }, el('span', { class: 'name', text: name }), value, within, says), scale,
  el('span', { class: 'ends' }, lowSays, highSays));
  return { node, value, within, says, band, range, at, goal, low, high, lowSays, highSays };
}

function paintBar(row, line, name) {
  const told = line.last.outputs?.[name] ?? {}, unit = factsOf(line).units[name] ?? '';
  const [lsl, usl, target] = line.outputs[name].limits;
  const outside = beyond(told.value, told.value, lsl, usl), doubt = !outside && beyond(told.lower, told.upper, lsl, usl);
  row.node.dataset.kind = !live() ? 'silent' : outside ? 'reject' : doubt ? 'none' : 'accept';
  row.node.setAttribute('aria-pressed', String(name === chosenOutput(line)));
  const fine = (told.upper - told.lower) / 20;
  const digits = (v) => (fine > 0 ? along(v, fine) : number(v));
  write(row.value, Number.isFinite(told.value) ? `${digits(told.value)} ${unit}` : '–');
  write(row.within, Number.isFinite(told.lower) ? `${digits(told.lower)} to ${digits(told.upper)}` : '');
  write(row.says, outside ? (told.value > usl ? 'above its upper limit' : 'below its lower limit') : doubt ? 'interval reaches a limit' : sure(told));
  const [from, to] = scaleOf(line, name, lsl, usl);
  const place = (v) => `${100 * Math.min(Math.max((v - from) / (to - from), 0), 1)}%`;
  span(row.band, place(lsl ?? from), place(usl ?? to));
  span(row.range, place(told.lower), place(told.upper));
  mark(row.at, told.value, place);
  mark(row.goal, target, place);
  mark(row.low, lsl, place);
  mark(row.high, usl, place);
  under(row.lowSays, lsl, place, Number.isFinite(usl) ? '' : 'no limits');
  under(row.highSays, usl, place, '');
}

// A limit written where its line is.
function under(node, limit, place, otherwise) {
  write(node, Number.isFinite(limit) ? number(limit) : otherwise);
  node.classList.toggle('alone', !Number.isFinite(limit));
  if (Number.isFinite(limit)) node.style.setProperty('left', place(limit));
}

function sure(told) {
  return Number.isFinite(told.p_in_spec) ? `inside with ${percent(told.p_in_spec)}` : '';
}

function beyond(low, high, lsl, usl) {
  return (Number.isFinite(lsl) && low < lsl) || (Number.isFinite(usl) && high > usl);
}

// Both limits and a quarter beyond; with one of them or none what the last parts reached.
function scaleOf(line, name, lsl, usl) {
  if (Number.isFinite(lsl) && Number.isFinite(usl)) return [lsl - (usl - lsl) / 4, usl + (usl - lsl) / 4];
  const seen = line.points.flatMap((p) => (p[4][name] ?? []).slice(0, 3)).filter(Number.isFinite);
  const all = [...seen, lsl, usl].filter(Number.isFinite);
  const low = Math.min(...all), high = Math.max(...all), room = (high - low || Math.abs(high) || 1) / 10;
  return [low - room, high + room];
}

function span(node, left, right) {
  const known = !left.startsWith('NaN') && !right.startsWith('NaN');
  node.hidden = !known;
  if (!known) return;
  node.style.setProperty('left', left);
  node.style.setProperty('right', `${100 - parseFloat(right)}%`);
}

function mark(node, value, place) {
  node.hidden = !Number.isFinite(value);
  if (!node.hidden) node.style.setProperty('left', place(value));
}
