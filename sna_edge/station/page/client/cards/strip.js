// The state of the station in one line: model, links, records that wait, clock, disk, time to judge.
import { button, el, fill } from '../base/dom.js';
import { bytes, number } from '../base/numbers.js';
import { worstCovered } from '../base/covered.js';
import { chosenLine, factsOf, live, nameOf, state } from '../base/state.js';
import { zoneName } from '../base/zone.js';
import { askWho } from '../base/who.js';

const DISK = 1e9; // bytes below which it is worth a colour

export function stripView(root) {
  const list = el('ul', { 'aria-label': 'State of the station' });
  const who = button('', () => askWho(true), { id: 'who-now', class: 'quiet' });
  root.append(list, who);
  return () => {
    const items = itemsOf();
    fill(list, JSON.stringify(items), () => items.map(([label, text, wrong]) =>
      el('li', { class: wrong ? 'wrong' : '' }, el('span', { text: `${label} ` }), el('b', { text: wrong ? `${text} !` : text }))));
    const person = state.person && state.person !== state.who ? ` (${state.person})` : '';
    who.textContent = state.who ? `You: ${state.who}${person}` : `Who are you?${person}`;
  };
}

function itemsOf() {
  if (!live()) return [['connection', state.heard ? 'lost' : 'none yet', state.heard > 0]];
  const s = state.status, line = chosenLine(), model = (line && s.models?.[nameOf(line)]) || {};
  const digest = line?.last?.model?.sha256;
  const items = [['model', [model.name, model.version ? `v${model.version}` : '', digest ? digest.slice(0, 8) : ''].filter(Boolean).join(' ') || '–', false]];
  const signed = line?.last?.model?.signature ?? model.signature;
  if (signed) items.push(['signature', signed, /bad|refused|wrong/.test(signed)]);
  items.push(...trusted(line, model));
  for (const [name, door] of Object.entries(s.doors ?? {})) items.push([name, door.up ? 'up' : `down: ${door.words || 'closed'}`, !door.up]);
  if (s.health) items.push(['records', s.health, true]);
  if (s.waiting !== undefined) items.push(['waiting', number(s.waiting, 4), s.waiting > 1000]);
  if (s.clock) items.push(['clock', s.clock, s.clock !== 'synchronised']);
  if (s.disk_free !== undefined) items.push(['disk free', bytes(s.disk_free), s.disk_free < DISK]);
  if (Number.isFinite(s.p99_ms)) {
    const takt = factsOf(line).takt_ms;
    items.push(['p99', `${number(s.p99_ms, 2)} ms${takt ? ` of ${number(takt, 3)} ms` : ''}`, takt > 0 && s.p99_ms > takt]);
  }
  items.push(['times', zoneName(), false]);
  if (s.left_out) items.push(['not on charts', number(s.left_out, 6), true]);
  return items;
}

// Whether the model still holds: coverage of its intervals, and what has moved beside it.
function trusted(line, model) {
  if (!line) return [];
  const { levels, learn } = factsOf(line), worst = worstCovered(line, levels);
  const many = Object.keys(line.outputs).length > 1;
  const items = [['intervals', worst ? `${worst[1].short}${many ? ` (${worst[0]})` : ''}` : 'nothing measured yet', worst?.[1].kind === 'none']];
  const charts = state.alarms.filter((a) => a.stands && a.output && a.station === line.station && a.recipe === line.recipe && /\/residual/.test(a.name)).map((a) => a.output);
  const moved = [...new Set([...(model.moved ?? []).map((says) => says.split(':')[0]), ...charts])];
  if (moved.length) items.push(['drift', moved.join(', '), true]);
  else items.push(['drift', worst ? 'none seen' : learn === 'none' ? 'not watched' : 'nothing measured yet', false]);
  return items;
}
