// Parts made at the present setting by inputs that scatter: histogramOf, Ppk, ppm and the share inside
// the limits, anew whenever the sliders move.
import { el, format, labelOf, parse, withUnit } from './dom.js';
import { addBoxes, addMark, framed } from './drawing/axes.js';
import { limitFields } from './contour.js';
import { aroundSetting, histogramOf } from './numbers/scatter.js';
import { capabilityOf, insideAll, limitEnds, measurementAt, sharesOutside, sigmaOf } from './numbers/predictive.js';
import { percentText, ppmText, scrolled } from './told.js';

const PARTS_MADE = 4096, HISTOGRAM_BINS = 48;

export function scatterView(app, root) {
  const scatter = app.about.inputs.map((input, i) => ({ input: i, kind: 'normal', size: 0 }));
  const picture = el('div', { class: 'plots' }), figures = el('div', { class: 'tiles' });
  const said = el('p', { class: 'lead-answer', role: 'status' });
  const redraw = () => drawScatter(app, scatter, picture, figures, said);
  const ask = () => app.frame(redraw);
  root.append(
    el('h2', { text: 'How often it will be out of spec' }),
    el('p', { text: `${PARTS_MADE.toLocaleString('en')} parts made at the present setting: inputs scatter as stated here (normal: size is a standard deviation; uniform: plus or minus the size), and a`
      + ' measurement scatters around the prediction as it did for the rows of the fit.' }),
    el('div', { class: 'controls' }, ...limitFields(app, 'scatter', ask)),
    said, el('div', { class: 'beside' }, picture, scatterFields(app, scatter, ask)), figures);
  for (const event of ['setting', 'output', 'limits', 'theme']) app.on(event, ask);
  ask();
}

// A line per input: how much it scatters, and how.
function scatterFields(app, scatter, change) {
  const lines = app.about.inputs.map((input, i) => (input.levels || input.computed ? null : scatterLine(input, scatter[i], change)));
  return scrolled('Scatter of the inputs', el('table', { class: 'scatter' },
    el('caption', { text: 'scatter of the inputs' }),
    el('tr', {}, ...['input', 'size', 'how'].map((t) => el('th', { scope: 'col', text: t }))), ...lines));
}

function scatterLine(input, one, change) {
  const size = el('input', {
    type: 'text', inputmode: 'decimal', class: 'number', value: '0', 'aria-label': `scatter of ${input.name}`, id: `scatter-${one.input}`,
    oninput: () => {
      const v = size.value.trim() ? parse(size.value) : 0, good = v >= 0 && Number.isFinite(v);
      size.setAttribute('aria-invalid', String(!good));
      if (good && v !== one.size) {
        one.size = v;
        change();
      }
    },
  });
  const kind = el('select', { 'aria-label': `kind of scatter of ${input.name}`, onchange: () => {
    one.kind = kind.value;
    change();
  } }, el('option', { value: 'normal', text: 'normal, sd' }), el('option', { value: 'uniform', text: 'uniform, ±' }));
  return el('tr', {}, el('th', { scope: 'row', text: labelOf(input) }), el('td', {}, size), el('td', {}, kind));
}

// What 4,096 parts around a setting are: {value, share outside, parts, mean, deviation, ..}.
export function partsAround(model, worth, x, scatter, k, limits) {
  const moving = scatter.some((s) => s.size > 0), n = moving ? PARTS_MADE : 1;
  const rows = moving ? aroundSetting(x, scatter, n) : Float64Array.from(x);
  const told = worth ? model.intervals(rows, n, worth.level) : { value: model.values(rows, n) };
  const outputs = model.outputs.length, ends = limitEnds(limits[k]);
  const found = { rows: n, values: partsOf(told, worth, k, outputs, n), ends, outside: 0 };
  for (let i = 0; i < n; i++) found.outside += Number.isFinite(told.value[i * outputs + k]) ? 0 : 1 / n;
  if (worth && ends) {
    [found.low, found.high] = sharesOutside(worth, k, told, n, ends);
    Object.assign(found, capabilityOf(found.low, found.high));
    found.bound = Math.max(found.low ?? 0, found.high ?? 0) <= worth.least * (1 + 1e-9);
  } else if (ends) {
    found.low = share(found.values, (v) => v < ends[0]) + found.outside / 2;
    found.high = share(found.values, (v) => v > ends[1]) + found.outside / 2;
    found.ppm = 1e6 * (found.low + found.high);
  }
  if (worth && limits.filter(limitEnds).length > 1) {
    const all = insideAll(worth, told, n, limits);
    found.all = all.reduce((sum, v) => sum + (Number.isNaN(v) ? 0 : v), 0) / n;
  }
  return Object.assign(found, momentsOf(found.values));
}

const share = (values, test) => values.filter(test).length / Math.max(values.length, 1);

// Measurements of output k: quantiles of each row's distribution at evenly spread places.
function partsOf(told, worth, k, outputs, n) {
  const each = n === 1 ? PARTS_MADE : 1, found = [];
  for (let i = 0; i < n * each; i++) {
    const at = (n === 1 ? 0 : i) * outputs + k, value = told.value[at];
    if (!Number.isFinite(value)) continue;
    if (!worth) {
      found.push(value);
      continue;
    }
    const one = worth.outputs[k], sigma = sigmaOf(one, value, told.lower[at], told.upper[at], worth.level);
    const u = n === 1 ? (i + 0.5) / each : (0.5 + (i + 1) * 0.6180339887498949) % 1;
    found.push(measurementAt(one, value, sigma, Math.min(Math.max(u, 1e-6), 1 - 1e-6)));
  }
  return Float64Array.from(found);
}

function momentsOf(values) {
  const n = values.length, mean = values.reduce((sum, v) => sum + v, 0) / n;
  return { mean, deviation: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(n - 1, 1)) };
}

function drawScatter(app, scatter, picture, figures, said) {
  const worth = app.about.worth, output = app.about.outputs[app.output], k = app.output;
  const found = partsAround(app.model, worth, app.setting, scatter, k, app.limits);
  if (!found.values.length) {
    said.textContent = `No value at this setting (${app.model.status}).`;
    picture.replaceChildren();
    figures.replaceChildren();
    return;
  }
  picture.replaceChildren(partsPicture(found, output));
  said.textContent = scatterWords(app, found, output);
  const tile = (value, name) => el('div', { class: 'tile' }, el('b', { text: value }), el('span', { text: name }));
  const tiles = [tile(withUnit(found.mean, output.unit, 5), 'mean'), tile(withUnit(found.deviation, output.unit, 4), 'standard deviation')];
  if (found.Ppk !== undefined) {
    tiles.push(tile(`${found.bound ? 'at least ' : ''}${format(found.Ppk, 4)}`, 'Ppk (Cpk of a steady process)'));
    if (found.Pp !== undefined) tiles.push(tile(format(found.Pp, 4), 'Pp (Cp)'));
  }
  if (found.ppm !== undefined) {
    tiles.push(tile(`${found.bound ? 'at most ' : ''}${ppmText(found.ppm)}`, 'ppm outside'), tile(percentText(1 - found.ppm / 1e6), 'inside the limits'));
  }
  if (found.all !== undefined) tiles.push(tile(percentText(found.all), 'all outputs inside their limits'));
  figures.replaceChildren(...tiles);
}

function scatterWords(app, found, output) {
  const beyond = found.outside > 0 ? ` ${percentText(found.outside)} of the parts leave the domain and count as outside.` : '';
  if (!found.ends) return `Give a lower or an upper limit of ${output.name} to see how often it will be out of spec.${beyond}`;
  const p = found.ppm / 1e6, bound = found.bound ? 'at most ' : '';
  const side = [found.low, found.high].map((v, i) => (v === null ? null : `${percentText(v)} ${i ? 'above' : 'below'}`)).filter(Boolean).join(', ');
  return `Out of spec: ${bound}${percentText(p)} of the parts, ${bound}${ppmText(found.ppm)} ppm (${side}).${beyond}`
    + (app.about.worth ? '' : ' The model has no quantiles of residuals: only the scatter of the inputs counts here.');
}

function partsPicture(found, output) {
  const sorted = Float64Array.from(found.values).sort(), at = (p) => sorted[Math.round(p * (sorted.length - 1))];
  let [low, high] = [at(0.002), at(0.998)];
  for (const end of found.ends ?? []) {
    if (Number.isFinite(end) && end > low - 1.5 * (high - low) && end < high + 1.5 * (high - low)) [low, high] = [Math.min(low, end), Math.max(high, end)];
  }
  const wide = high - low || Math.max(Math.abs(low), 1) * 0.1;
  [low, high] = [low - 0.04 * wide, high + 0.04 * wide];
  const edges = Float64Array.from({ length: HISTOGRAM_BINS + 1 }, (_, i) => low + ((high - low) * i) / HISTOGRAM_BINS);
  const counts = histogramOf(sorted, edges).map((c) => (100 * c) / sorted.length);
  const plot = framed({
    x: [low, high], y: [0, 1.12 * Math.max(...counts, 1e-9)], title: 'Parts at this setting', xlabel: labelOf(output), ylabel: '% of the parts',
    width: 480, height: 280, described: `Histogram of ${output.name}: mean ${format(found.mean, 4)}, standard deviation ${format(found.deviation, 4)}`,
  });
  const out = (i) => found.ends && ((edges[i] + edges[i + 1]) / 2 < found.ends[0] || (edges[i] + edges[i + 1]) / 2 > found.ends[1]);
  for (const bad of [false, true]) {
    addBoxes(plot, Array.from(counts, (c, i) => [edges[i], edges[i + 1], 0, c, i]).filter((b) => b[3] > 0 && Boolean(out(b[4])) === bad), bad ? 1 : 0);
  }
  found.ends?.forEach((end, i) => Number.isFinite(end) && addMark(plot, end, `${i ? 'upper' : 'lower'} ${format(end, 5)}`, 6));
  return plot.node;
}
