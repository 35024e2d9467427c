// How the last numbers of each output lie between its limits: bars, figures, and how many they stand on.
import { el, fill } from '../base/dom.js';
import { number, withUnit } from '../base/numbers.js';
import { chosenLine, factsOf, live } from '../base/state.js';
import { ask } from '../base/wire.js';
import { drawBars } from '../drawing/histogram.js';

const EVERY = 2000; // ms

export function capabilityView(root) {
  const body = el('div', { class: 'grid' });
  root.append(el('h2', { text: 'Capability of the last 1000 parts' }),
    el('p', { class: 'soft', text: 'Figures of measured values are the process. Those of predictions are what the model says of it: they lack the scatter that it does not know.' }), body);
  let at = 0, told = {}, key = '';
  const paint = async () => {
    const line = chosenLine();
    if (!line || !live()) return;
    const name = `${line.station}\n${line.recipe}`;
    if (name !== key || Date.now() - at > EVERY) {
      [key, at] = [name, Date.now()];
      told = await ask('capability', { station: line.station, recipe: line.recipe });
    }
    if (told.message || line !== chosenLine()) return;
    fill(body, JSON.stringify([name, told]), () => Object.entries(told).flatMap(([output, both]) =>
      [['measured', both.measured], ['predicted', both.predicted]].filter(([, one]) => one.n).map(([what, one]) => card(line, output, what, one))));
    for (const canvas of body.querySelectorAll('canvas')) canvas.redraw?.();
  };
  return paint;
}

function card(line, output, what, one) {
  const unit = factsOf(line).units[output] ?? '', [lsl, usl] = line.outputs[output].limits, f = one.figures ?? {};
  const canvas = el('canvas', { class: 'histogram', role: 'img', 'aria-label': `Histogram of ${what} ${output}, ${one.n} parts, ${one.outside ?? 0} outside the limits` });
  canvas.redraw = () => drawBars(canvas, one, lsl, usl);
  const facts = [['n', number(one.n, 5)], ['mean', withUnit(one.mean, unit)]];
  if (f.deviation) facts.push(['s', withUnit(f.deviation, unit, 3)]);
  for (const name of ['Cp', 'Cpk', 'Pp', 'Ppk']) if (Number.isFinite(f[name])) facts.push([name, number(f[name], 3)]);
  if (f.Ppk_95) facts.push(['Ppk, 95 %', `${number(f.Ppk_95[0], 3)} to ${number(f.Ppk_95[1], 3)}`]);
  if (one.outside !== undefined) facts.push(['outside', `${one.outside} of ${one.n}`]);
  const weak = Number.isFinite(f.Ppk) && f.Ppk < 1.33;
  return el('section', { class: 'card', 'data-kind': weak ? 'none' : 'accept' },
    el('h3', { text: `${output}, ${what}` }), canvas,
    el('dl', {}, facts.map(([name, v]) => el('div', {}, el('dt', { text: name }), el('dd', { text: v })))),
    weak ? el('p', { class: 'says', text: 'Ppk is below 1.33: the line is not capable by the usual rule.' }) : null);
}
