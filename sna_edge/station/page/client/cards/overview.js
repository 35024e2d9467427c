// A row for each station and recipe, where there is more than one.
import { el, fill, write } from '../base/dom.js';
import { chosenLine, choose, live, nameOf, state } from '../base/state.js';
import { kindOf, shape } from '../base/shapes.js';

const MARKS = 32;

export function overview(root) {
  const rows = new Map();
  return () => {
    root.hidden = state.lines.length < 2;
    if (root.hidden) return;
    fill(root, state.lines.map(nameOf).join('\n'), () => {
      rows.clear();
      return state.lines.map((line) => {
        rows.set(nameOf(line), rowOf(nameOf(line)));
        return rows.get(nameOf(line)).node;
      });
    });
    for (const line of state.lines) paintRow(rows.get(nameOf(line)), line);
  };
}

function rowOf(name) {
  const figure = el('span', { class: 'small' }), word = el('b'), part = el('span', { class: 'soft' });
  const marks = el('span', { class: 'marks', 'aria-hidden': 'true' }), alarms = el('span', { class: 'says' });
  const node = el('button', { type: 'button', class: 'station', onclick: () => choose(name) },
    figure, el('span', { class: 'name', text: name }), word, part, marks, alarms);
  return { node, figure, word, part, marks, alarms };
}

function paintRow(row, line) {
  const kind = live() ? kindOf(line.last.verdict) : 'silent';
  row.node.dataset.kind = kind;
  row.node.setAttribute('aria-pressed', String(nameOf(line) === nameOf(chosenLine())));
  fill(row.figure, kind, () => [shape(kind)]);
  write(row.word, live() ? line.last.verdict ?? '' : 'NO CONNECTION');
  write(row.part, line.last.part ? `part ${line.last.part}` : '');
  const points = line.points.slice(-MARKS);
  fill(row.marks, String(points.at(-1)?.[0]), () => points.map((p) => el('i', { class: kindOf(p[3]) })));
  const open = state.alarms.filter((a) => !a.seen && a.station === line.station && (!a.recipe || a.recipe === line.recipe)).length;
  write(row.alarms, open ? `${open} alarm${open > 1 ? 's' : ''}` : '');
}
