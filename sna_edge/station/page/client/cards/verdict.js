// The verdict of the last part: word, shape and colour; without a connection it says that instead.
import { el, fill, write } from '../base/dom.js';
import { lasting, number, percent, when } from '../base/numbers.js';
import { chosenLine, factsOf, live, state, stationNow } from '../base/state.js';
import { kindOf, shape } from '../base/shapes.js';

const RECENT = 100;
const MARKS = 48;

export function verdictCard(root) {
  const figure = el('div', { class: 'figure' }), word = el('strong', { class: 'word' });
  const part = el('p', { class: 'part' }), reason = el('p', { class: 'reason' });
  const marks = el('div', { class: 'marks', role: 'img' }), share = el('p', { class: 'soft' });
  const card = el('section', { class: 'card verdict', 'aria-label': 'Verdict of the last part' },
    el('div', { class: 'big' }, figure, el('div', {}, word, part)), reason, marks, share);
  root.append(card);
  return () => paint({ card, figure, word, part, reason, marks, share });
}

function paint(on) {
  const line = chosenLine(), last = line?.last, ok = live() && last?.verdict;
  const kind = ok ? kindOf(last.verdict) : 'silent';
  on.card.dataset.kind = kind;
  fill(on.figure, kind, () => [shape(kind)]);
  write(on.word, ok ? last.verdict : state.heard === 0 ? 'WAITING' : live() ? 'NO PARTS' : 'NO CONNECTION');
  write(on.part, last?.verdict ? partWords(last) : '');
  write(on.reason, ok ? reasonOf(last) : silence(last));
  const points = line?.points.slice(-MARKS) ?? [];
  fill(on.marks, `${points.at(-1)?.[0]}/${points.length}`, () => points.map((p) => el('i', { class: kindOf(p[3]) })));
  on.marks.setAttribute('aria-label', `Verdicts of the last ${points.length} parts`);
  write(on.share, sharesOf(line));
}

function partWords(last) {
  const at = Date.parse(last.time);
  const age = stationNow() - at;
  return `part ${last.part} · ${when(at)}${age > 5000 ? `, ${lasting(age)} ago` : ''}`;
}

function reasonOf(last) {
  const remark = last.remark ? ` (${last.remark})` : '';
  if (last.reason) return `${last.reason}${remark}`;
  return `${last.status === 'ok' ? 'the whole interval is inside the limits' : last.status}${remark}`;
}

function silence(last) {
  if (live()) return 'The station runs; nothing has been judged here yet.';
  if (state.heard === 0) return 'Connecting to the station.';
  return `Nothing heard for ${lasting(Date.now() - state.heard)}. ${last?.verdict ? `The last verdict was ${last.verdict}; it says nothing of the present part.` : ''}`;
}

function sharesOf(line) {
  const recent = line?.points.slice(-RECENT) ?? [];
  if (!recent.length) return '';
  const count = (verdict) => recent.filter((p) => p[3] === verdict).length;
  const said = [`last ${recent.length}: ${count('ACCEPT')} accepted, ${count('REJECT')} rejected, ${count('NO VERDICT')} without a verdict`];
  const span = recent.at(-1)[1] - recent[0][1];
  if (recent.length > 5 && span > 0) said.push(`${number((1000 * (recent.length - 1)) / span, 2)} parts/s`);
  if (line.last.p_in_spec !== undefined && line.last.p_in_spec !== null) said.push(`in limits with ${percent(line.last.p_in_spec)}`);
  const takt = factsOf(line).takt_ms;
  if (takt) said.push(`takt ${number(takt / 1000, 3)} s`);
  return said.join(' · ');
}
