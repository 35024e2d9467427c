// Another day: the chart of one output from the records on the disk, and the records of one part.
import { button, el, fill, write } from '../base/dom.js';
import { clock, day, decimalMark, number, when } from '../base/numbers.js';
import { dayBegins, zoneAsked, zoneName } from '../base/zone.js';
import { chosenLine, chosenOutput, factsOf, nameOf, stationNow } from '../base/state.js';
import { ask } from '../base/wire.js';
import { drawDay } from '../drawing/day.js';

export function historyView(root) {
  const date = el('input', { type: 'date', id: 'day' }), output = el('select', { id: 'day-output' });
  const canvas = el('canvas', { class: 'day', role: 'img', 'aria-label': 'Chart of a day', hidden: true });
  const said = el('p', { class: 'said', role: 'status' }), counts = el('p', {});
  const table = el('a', { class: 'act', id: 'day-csv', hidden: true, text: 'Verdicts as CSV' });
  const step = (by) => () => ((date.value = day(dayBegins(date.value) + 432e5 + by * 864e5)), show());
  root.append(el('h2', { text: 'A day' }), el('div', { class: 'row controls' },
    button('‹', step(-1), { 'aria-label': 'The day before' }),
    el('label', { for: 'day' }, el('span', { text: 'Day' }), date), button('›', step(1), { 'aria-label': 'The day after' }),
    el('label', { for: 'day-output' }, el('span', { text: 'Output' }), output), button('Show', () => show(), { id: 'day-show' }), table),
  said, counts, canvas, partSearch());
  let told = null;
  const show = async () => {
    const line = chosenLine();
    if (!line) return write(said, 'There is no station to show yet.');
    const start = dayBegins(date.value) / 1000;
    if (!Number.isFinite(start)) return write(said, 'Pick a day.');
    write(said, 'Reading the records …');
    const end = dayBegins(day(1000 * start + 108e6)) / 1000;
    const found = await ask('day', { station: line.station, recipe: line.recipe, output: output.value, start, end });
    if (found.message) return ((told = null), (canvas.hidden = table.hidden = true), write(counts, ''), write(said, `${found.message}.`));
    told = { ...found.chart, start, end, unit: factsOf(line).units[output.value] ?? '', limits: line.outputs[output.value]?.limits ?? [] };
    const shown = Object.entries(found.counts).filter(([name, n]) => name !== 'events' && (n > 0 || name !== 'measured'));
    const parts = ['ACCEPT', 'REJECT', 'NO VERDICT'].reduce((sum, name) => sum + (found.counts[name] ?? 0), 0);
    write(said, parts ? '' : 'No parts on this day.');
    write(counts, parts ? `${shown.map(([k, n]) => `${k}: ${number(n, 7)}`).join(' · ')} · ${zoneName()}` : '');
    canvas.hidden = table.hidden = !parts;
    table.href = `/page/csv?${new URLSearchParams({ station: line.station, start, end, zone: zoneAsked(), decimal: decimalMark() })}`;
    canvas.setAttribute('aria-label', `${output.value} on ${date.value}: ${parts} parts from ${told.time?.length ? clock(1000 * told.time[0]) : '-'} on`);
    drawDay(canvas, told);
  };
  const paint = () => {
    const line = chosenLine(), names = Object.keys(line?.outputs ?? {});
    date.value ||= day(stationNow());
    fill(output, `${line && nameOf(line)} ${names}`, () => names.map((name) => el('option', { value: name, text: name, selected: name === chosenOutput(line) })));
    if (told && !canvas.hidden && canvas.dataset.wide !== String(canvas.clientWidth)) drawDay(canvas, told);
    canvas.dataset.wide = String(canvas.clientWidth);
  };
  return paint;
}

function partSearch() {
  const input = el('input', { type: 'text', id: 'part', autocomplete: 'off' }), out = el('div', { role: 'status' });
  const find = async (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (!name) return;
    const found = await ask('part', { part: name });
    const records = found.records ?? [];
    out.replaceChildren(...(records.length ? records.map(recordRow) : [el('p', { text: found.message ?? `No record of part ${name}.` })]));
  };
  return el('div', {}, el('h2', { text: 'A part' }), el('form', { class: 'row controls', onsubmit: find },
    el('label', { for: 'part' }, el('span', { text: 'Part' }), input), el('button', { type: 'submit', text: 'Find' })), out);
}

function recordRow(record) {
  const head = [`record ${record.record}`, record.verdict ?? record.event ?? record.kind, when(Date.parse(record.time))].join(' · ');
  return el('details', { class: 'card' }, el('summary', { text: record.reason ? `${head} · ${record.reason}` : head }),
    el('pre', { tabindex: '0', text: JSON.stringify(record, null, 1) }));
}
