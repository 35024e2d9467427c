// The last reject: which inputs made it, what would bring it back, and whether that was done.
import { button, el, fill, write } from '../base/dom.js';
import { number, when, withUnit } from '../base/numbers.js';
import { changed, chosenLine, factsOf, state } from '../base/state.js';
import { send } from '../base/wire.js';
import { askWho } from '../base/who.js';

const CAUSES = 4;

export function causesCard(root) {
  const title = el('h2'), body = el('div'), said = el('p', { class: 'said', role: 'status' });
  const card = el('section', { class: 'card causes', 'aria-label': 'Causes and advice', hidden: true }, title, body, said);
  root.append(card);
  return () => {
    const line = chosenLine(), told = line?.rejected;
    card.hidden = !told?.verdict;
    if (card.hidden) return;
    const done = state.answered.get(told.record);
    write(title, `Last reject: part ${told.part}, ${when(Date.parse(told.time))}`);
    write(said, done ?? '');
    fill(body, `${told.record} ${done ?? ''}`, () => contentOf(line, told, done, said));
  };
}

function contentOf(line, told, done, said) {
  return [
    el('p', { text: told.reason ?? '' }),
    told.contributions?.outputs ? causesOf(line, told) : null,
    told.advice ? adviceOf(line, told) : null,
    told.advice && !done ? answers(line, told, said) : null,
  ].filter(Boolean);
}

// Inputs by how much they moved the output that is worst, against the reference that the line has.
function causesOf(line, told) {
  const outputs = told.contributions.outputs;
  const worst = Object.keys(outputs).sort((a, b) => (told.outputs[a]?.margin ?? 0) - (told.outputs[b]?.margin ?? 0))[0];
  const shares = Object.entries(outputs[worst]?.inputs ?? {}).filter(([, v]) => Number.isFinite(v));
  shares.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  if (!shares.length) return null;
  const most = Math.abs(shares[0][1]) || 1, unit = factsOf(line).units[worst] ?? '';
  const against = told.contributions.against?.reference === 'last accepted' ? 'against the last accepted part' : 'against the reference';
  return el('div', {}, el('h3', { text: `What moved ${worst}, ${against}` }),
    el('ul', { class: 'shares' }, shares.slice(0, CAUSES).map(([name, v]) => {
      const bar = el('i', { class: 'share' });
      bar.style.setProperty('width', `${(100 * Math.abs(v)) / most}%`);
      return el('li', {}, el('span', { text: name }), el('span', { class: 'room' }, bar), el('b', { text: `${v > 0 ? '+' : ''}${withUnit(v, unit, 3)}` }));
    })));
}

function adviceOf(line, told) {
  const { settings = {}, change = {}, before = {}, after = {}, message = '', blocking = [] } = told.advice;
  const units = factsOf(line).units;
  const moves = Object.entries(settings).filter(([name]) => change[name] !== 0 && change[name] !== undefined);
  const effect = Object.keys(after).map((name) => el('tr', {}, el('th', { scope: 'row', text: name }),
    el('td', { text: interval(before[name] ?? told.outputs?.[name]) }), el('td', { text: interval(after[name]) })));
  return el('div', {}, el('h3', { text: 'What would bring it inside' }),
    moves.length
      ? el('ul', { class: 'moves' }, moves.map(([name, to]) => el('li', {}, el('b', { text: name }),
        ` ${told.reading?.[name] !== undefined ? `${plain(told.reading[name])} → ` : ''}${plain(to)}${units[name] ? ` ${units[name]}` : ''}${signed(change[name])}`)))
      : el('p', { text: message || 'No change of the knobs does it.' }),
    moves.length && effect.length
      ? el('table', {}, el('thead', {}, el('tr', {}, el('td'), el('th', { scope: 'col', text: 'now' }), el('th', { scope: 'col', text: 'then, as predicted' }))), el('tbody', {}, effect))
      : null,
    blocking.length ? el('p', { class: 'says', text: `stays outside: ${blocking.join(', ')}` }) : null,
    moves.length && message ? el('p', { class: 'soft', text: message }) : null);
}

function plain(value) {
  return typeof value === 'number' ? number(value) : String(value);
}

function signed(change) {
  return typeof change === 'number' ? ` (${change > 0 ? '+' : ''}${number(change)})` : '';
}

function interval(told) {
  if (!told) return '–';
  return Number.isFinite(told.lower) ? `${number(told.value)} (${number(told.lower)} to ${number(told.upper)})` : number(told.value);
}

function answers(line, told, said) {
  const answer = (applied) => async () => {
    if (!(await askWho())) return;
    const why = await send('advice', { record: told.record, station: line.station, part: told.part, applied });
    if (why) return write(said, `Not recorded: ${why}.`);
    state.answered.set(told.record, `Recorded: ${applied ? 'applied' : 'not applied'} by ${state.who}.`);
    changed();
  };
  return el('div', { class: 'row' }, button('Applied', answer(true), { id: 'applied' }), button('Not applied', answer(false), { id: 'not-applied' }));
}
