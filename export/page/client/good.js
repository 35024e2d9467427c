// How good: predicted against measured, where residuals lie, what the intervals cover, rows that look
// wrong, then the report and the facts of the model.
import { el, format, labelOf } from './dom.js';
import { addBoxes, addDots, addLine, addWhiskers, framed, spanOf } from './drawing/axes.js';
import { outputChoice } from './matters.js';
import { percentText, scrolled } from './told.js';
import { inputPlace, mapStep } from './contour.js';

const FARTHEST = 8, WHISKERED = 150;

export function good(app, root) {
  const plots = el('section'), report = el('section', { class: 'report' });
  const state = { along: 'order' };
  const draw = () => plots.replaceChildren(...goodPlots(app, state, draw));
  root.append(outputChoice(app), plots, report, factsOf(app));
  if (app.about.report) report.before(el('h2', { text: 'Report of the fit' }));
  report.innerHTML = app.about.report ?? ''; // written by the page's own maker
  app.on('output', () => app.frame(draw));
  draw();
}

function goodPlots(app, state, redraw) {
  const rows = fittedRows(app);
  if (!rows) return [el('h2', { text: 'How good it is' }), el('p', { text: 'This page was made without measured rows: export it with a table to see predictions beside what was measured.' }), ...learningPart(app)];
  const output = app.about.outputs[app.output], judged = app.about.quality?.outputs.find((o) => o.name === output.name);
  return [
    el('h2', { text: `How good ${output.name} is` }),
    el('p', { text: goodWords(app, rows, output) }),
    el('div', { class: 'tiles' }, ...tilesOf(rows, output, judged, app.about.rows.total)),
    residualChoice(app, state, redraw),
    el('div', { class: 'plots' }, againstMeasured(rows, output), residualPlot(app, rows, output, state),
      ...(judged ? [calibrationPlot(judged), quarterPlot(judged), placePlot(judged)] : [])),
    ...(judged ? [el('ul', {}, ...judged.said.map((text) => el('li', { text: `${text[0].toUpperCase()}${text.slice(1)}.` })))] : []),
    el('h3', { text: `${app.about.rows.total > rows.n ? 'Drawn rows' : 'Rows'} farthest from their prediction` }), farthestTable(app, rows, output),
    ...learningPart(app),
  ];
}

// Measured and predicted values of the chosen output, of rows that have both: predictions that did not
// see the row where the page has them, else those of the model now.
function fittedRows(app) {
  const given = app.about.rows, k = app.output;
  if (!given) return null;
  const n = given.inputs[0].length, d = given.inputs.length;
  let predicted = given.fitted?.[k], lower = given.lower?.[k], upper = given.upper?.[k];
  if (!predicted) {
    const x = new Float64Array(n * d);
    for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) x[i * d + j] = given.inputs[j][i] ?? NaN;
    const told = app.model.intervals(x, n), outputs = app.about.outputs.length;
    [predicted, lower, upper] = ['value', 'lower', 'upper'].map((name) => Array.from({ length: n }, (_, i) => told[name][i * outputs + k]));
  }
  const measured = given.outputs[k], number = (v) => typeof v === 'number' && Number.isFinite(v);
  const use = Array.from({ length: n }, (_, i) => i).filter((i) => number(measured[i]) && number(predicted[i]));
  const pick = (column) => (column ? use.map((i) => column[i] ?? NaN) : null);
  return { n, use, measured: pick(measured), predicted: pick(predicted), lower: pick(lower), upper: pick(upper), held: Boolean(given.fitted?.[k]) };
}

function goodWords(app, rows, output) {
  const how = app.about.quality?.said ?? (rows.held ? 'Each row is predicted by models that never saw it.'
    : 'Predictions are those of the model itself: where it was fitted to these rows, new ones will be off by more.');
  const some = rows.n < (app.about.rows.total ?? 0) ? ` Drawn: ${rows.n} of ${app.about.rows.total} rows, evenly over the table.` : '';
  return `${how}${some}`;
}

function tilesOf(rows, output, judged, total) {
  const some = total > rows.n ? ' of the drawn rows' : '';
  const n = rows.measured.length, mean = rows.measured.reduce((s, v) => s + v, 0) / n;
  const squares = rows.measured.reduce((s, v, i) => s + (v - rows.predicted[i]) ** 2, 0);
  const spread = rows.measured.reduce((s, v) => s + (v - mean) ** 2, 0);
  const tile = (value, name) => el('div', { class: 'tile' }, el('b', { text: value }), el('span', { text: name }));
  const tiles = [tile(format(spread > 0 ? 1 - squares / spread : NaN, 4), `R2${some}`), tile(`${format(Math.sqrt(squares / n), 4)} ${output.unit}`.trim(), `root mean square error${some}`)];
  const usual = judged?.levels.find((l) => l.level === judged.level);
  if (usual) tiles.push(tile(percentText(usual.covered), `covered by the ${format(100 * usual.level, 4)} % interval`));
  return tiles;
}

function againstMeasured(rows, output) {
  const span = spanOf([rows.measured, rows.predicted]), label = labelOf(output);
  const plot = framed({ x: span, y: span, title: 'Predicted against measured', xlabel: `measured ${label}`, ylabel: `predicted ${label}`, height: 300, width: 340,
    described: `Predicted against measured ${output.name} of ${rows.measured.length} rows` });
  if (rows.lower && rows.measured.length <= WHISKERED) addWhiskers(plot, rows.measured, rows.lower, rows.upper, 0);
  addLine(plot, span, span, 5, true);
  addDots(plot, rows.measured, rows.predicted, 0);
  return plot.node;
}

function alongOf(app, rows, output, along) {
  if (along === 'order') return { values: rows.use.map((i) => numberOf(app, i)), label: 'order of the rows' };
  if (along === 'prediction') return { values: rows.predicted, label: `predicted ${labelOf(output)}` };
  const input = app.about.inputs[Number(along)], column = app.about.rows.inputs[Number(along)];
  return { values: rows.use.map((i) => column[i] ?? NaN), label: labelOf(input), names: input.levels };
}

function residualPlot(app, rows, output, state) {
  const { values, label, names } = alongOf(app, rows, output, state.along);
  const residual = rows.measured.map((v, i) => v - rows.predicted[i]), y = spanOf([residual, [0]]);
  const x = names ? [-0.5, names.length - 0.5] : spanOf([values]);
  const plot = framed({ x, y, names: names ?? null, title: 'Residuals', xlabel: label, height: 300, width: 380,
    ylabel: output.unit ? `measured - predicted [${output.unit}]` : 'measured - predicted', described: `Measured minus predicted ${output.name} against ${label}` });
  addLine(plot, x, [0, 0], 5, true);
  addDots(plot, names ? values.map((v, i) => v + 0.5 * ((i * 0.618) % 1) - 0.25) : values, residual, 0);
  if (!names) addLine(plot, ...runningMean(values, residual), 1);
  return plot.node;
}

// Means of residuals of neighbours along x: a trend that the model misses shows here.
function runningMean(xs, ys) {
  const order = Array.from(xs, (_, i) => i).filter((i) => Number.isFinite(xs[i])).sort((a, b) => xs[a] - xs[b]);
  const size = Math.max(8, Math.ceil(order.length / 12)), found = [[], []];
  for (let from = 0; from + size / 2 < order.length; from += size) {
    const part = order.slice(from, from + size), mean = (of) => part.reduce((s, i) => s + of[i], 0) / part.length;
    found[0].push(mean(xs));
    found[1].push(mean(ys));
  }
  return found;
}

function residualChoice(app, state, redraw) {
  const options = [['order', 'order of the rows'], ['prediction', 'prediction'], ...app.about.inputs.map((input, i) => [String(i), input.name])];
  const select = el('select', { id: 'residuals-along', onchange: () => {
    state.along = select.value;
    redraw();
    document.getElementById('residuals-along').focus();
  } }, ...options.map(([value, text]) => el('option', { value, selected: value === state.along, text })));
  return el('div', { class: 'controls' }, el('label', { for: 'residuals-along' }, el('span', { text: 'residuals against' }), select));
}

// Boxes of what a perfect model would cover, dots of what was covered, in percent.
function sharesPlot(parts, options) {
  const low = Math.min(...parts.map((p) => Math.min(p.covered, p.least)));
  const plot = framed({ x: [-0.6, parts.length - 0.4], y: [Math.max(100 * low - 6, 0), 103], height: 300, width: 320, ylabel: '% of the rows', ...options });
  addBoxes(plot, parts.map((p, i) => [i - 0.3, i + 0.3, 100 * p.least, 100 * p.most]), 5, true);
  for (const bad of [false, true]) {
    const some = parts.map((p, i) => [i, 100 * p.covered, p.covered < p.least]).filter((p) => p[2] === bad);
    addDots(plot, some.map((p) => p[0]), some.map((p) => p[1]), bad ? 1 : 0, 4.5);
  }
  return plot;
}

function calibrationPlot(judged) {
  const { levels } = judged, stated = levels.map((l) => 100 * l.level);
  const plot = framed({ x: [40, 100.5], y: [Math.max(0, Math.min(40, ...levels.map((l) => 100 * l.covered - 5))), 102], title: 'Calibration', xlabel: 'stated level of the interval [%]', ylabel: 'rows covered [%]',
    height: 300, width: 320, described: `Covered share by stated level: ${levels.map((l) => `${format(100 * l.level, 4)} % covers ${percentText(l.covered)}`).join(', ')}` });
  addLine(plot, [40, 100], [40, 100], 5, true);
  addBoxes(plot, levels.map((l) => [100 * l.level - 1, 100 * l.level + 1, 100 * l.least, 100 * l.most]), 5, true);
  addLine(plot, stated, levels.map((l) => 100 * l.covered), 0);
  addDots(plot, stated, levels.map((l) => 100 * l.covered), 0, 3.5);
  return plot.node;
}

function quarterPlot(judged) {
  const level = 100 * judged.level;
  const plot = sharesPlot(judged.quarters, {
    names: judged.quarters.map((p) => p.name.replace(' quarter', '')), title: `Covered by the ${format(level, 4)} % interval`, xlabel: 'quarter of the prediction',
    described: `Covered by quarter of the prediction: ${judged.quarters.map((p) => `${p.name} ${percentText(p.covered)}`).join(', ')}`,
  });
  addLine(plot, plot.x, [level, level], 5, true);
  return plot.node;
}

function placePlot(judged) {
  const told = judged.places;
  if (!told) return el('span');
  const n = told.shares.length, high = 115 * Math.max(told.most, ...told.shares);
  const plot = framed({ x: [0, 100], y: [0, high], title: 'Place in the predicted distribution', xlabel: 'share of the distribution below what was measured [%]', ylabel: '% of the rows',
    height: 300, width: 380, described: 'Histogram of the place of measured values in their predicted distribution; even where it is right' });
  addBoxes(plot, told.shares.map((s, i) => [(100 * (i + 0.04)) / n, (100 * (i + 0.96)) / n, 0, 100 * s]), 0);
  addBoxes(plot, [[0, 100, 100 * told.least, 100 * told.most]], 5, true);
  return plot.node;
}

// The learning curve of the chosen output: would more rows help?
function learningPart(app) {
  const output = app.about.outputs[app.output], told = app.about.learning?.[output.name];
  if (!told) return [el('p', { class: 'soft small', text: 'Whether more rows would help is not recorded: fit with --learning-curve.' })];
  const low = told.rmse.map((e, i) => Math.max(e - told.se[i], 0)), high = told.rmse.map((e, i) => e + told.se[i]);
  const plot = framed({ x: [0, 1.06 * told.rows.at(-1)], y: [0, 1.1 * Math.max(...high) || 1], title: 'Learning curve', xlabel: 'rows fitted to', height: 260, width: 380,
    ylabel: output.unit ? `RMSE on held-out rows [${output.unit}]` : 'RMSE on held-out rows',
    described: `Error of ${output.name} by the number of rows: ${told.rows.map((n, i) => `${n} rows ${format(told.rmse[i], 4)}`).join(', ')}` });
  addLine(plot, told.rows, told.rmse, 0);
  told.rows.forEach((n, i) => addLine(plot, [n, n], [low[i], high[i]], 0));
  addDots(plot, told.rows, told.rmse, 0, 3.5);
  return [el('h3', { text: 'Would more rows help' }), el('p', { text: told.said }), el('div', { class: 'plots' }, plot.node)];
}

// The rows that are off by most, each one click from the sliders.
function farthestTable(app, rows, output) {
  const size = rows.measured.map((v, i) => {
    const half = rows.upper ? (rows.upper[i] - rows.lower[i]) / 2 : 1;
    return Math.abs(v - rows.predicted[i]) / (half > 0 ? half : 1);
  });
  const order = size.map((_, i) => i).sort((a, b) => size[b] - size[a]).slice(0, FARTHEST);
  const inputs = app.about.inputs, of = (i, d) => app.about.rows.inputs[d][rows.use[i]];
  const use = (i) => el('button', { class: 'act use', type: 'button', text: 'Use', 'aria-label': `Use the inputs of row ${numberOf(app, rows.use[i])}`, onclick: () => {
    app.setAll(Float64Array.from(inputs, (input, d) => {
      const v = of(i, d);
      if (!Number.isFinite(v)) return app.setting[d]; // missing in this row
      return input.levels ? v : mapStep({ ...input, step: input.step / 1e6 }, v);
    }));
  } });
  const lines = order.map((i) => el('tr', {}, el('td', {}, use(i)), el('td', { text: String(numberOf(app, rows.use[i])) }),
    el('td', { text: format(rows.measured[i], 5) }), el('td', { text: format(rows.predicted[i], 5) }),
    ...inputs.map((input, d) => el('td', { text: input.levels ? inputPlace(input, of(i, d)) : format(of(i, d), 5) }))));
  const heads = ['row', `measured ${labelOf(output)}`, 'predicted', ...inputs.map(labelOf)];
  return scrolled('Rows farthest from their prediction',
    el('table', { class: 'settings' }, el('tr', {}, el('td'), ...heads.map((t) => el('th', { scope: 'col', text: t }))), ...lines));
}

const numberOf = (app, i) => app.about.rows.row?.[i] ?? i + 1;

function factsOf(app) {
  const certificate = Object.keys(app.model.certificate ?? {}).length ? [['certificate', certificateWords(app.model.certificate)]] : [];
  const facts = [...(app.about.facts ?? []), ...certificate];
  if (!facts.length) return el('section');
  return el('section', {}, el('h2', { text: 'What it is, and where it holds' }),
    el('table', { class: 'facts' }, ...facts.map(([name, text]) => el('tr', {}, el('th', { scope: 'row', text: name }), el('td', { text })))));
}

function certificateWords(certificate) {
  return typeof certificate === 'string' ? certificate
    : Object.entries(certificate).filter(([, v]) => typeof v !== 'object').map(([name, v]) => `${name.replaceAll('_', ' ')}: ${typeof v === 'number' ? format(v, 5) : v}`).join('; ');
}
