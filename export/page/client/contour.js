// Contour of two inputs: an output, the width of its interval, the probability to be inside all
// limits, or familiarity; a click or the arrow keys set the two inputs.
import { el, format, labelOf, parse, tickDigits, tickTexts, withUnit } from './dom.js';
import { colours, fresh } from './chart.js';
import { fieldOf, finiteEnds, marginOf, placesAlong } from './numbers/field.js';
import { limitEnds } from './numbers/predictive.js';
import { roundNumbers } from './numbers/marching.js';
import { plainNumber } from './profiling/controls.js';
import { insideOf } from './told.js';
import { mapFrame, paintAxes, paintBar, paintField, paintLimits, paintLines, paintRows, paintSetting } from './drawing/map.js';

const MAP_NODES = 200, SLOW_NODES = 120; // an interval or a familiarity costs four values
const NEAR_ROW = 0.15; // of the range of every other input

export function contour(app, root) {
  if (app.about.inputs.length < 2) {
    root.append(el('p', { text: 'A map needs two inputs; the profiler has the curve of this one.' }));
    return;
  }
  const [a, b] = usualPair(app);
  const state = { a, b, what: 'value', rows: true, field: null, key: '' };
  const canvas = el('canvas', {
    class: 'map', tabindex: '0', role: 'application', 'aria-describedby': 'map-said',
    'aria-label': 'Contour map; arrow keys move the setting, with shift ten steps at once',
  });
  const said = el('p', { id: 'map-said', class: 'told', 'aria-live': 'polite' });
  const controls = contourControls(app, state, () => app.frame(draw));
  root.append(controls.node, el('div', { class: 'mapped' }, canvas), said, controls.note);
  const draw = () => drawMap(app, state, canvas, said, controls.note);
  listenToMap(app, state, canvas);
  for (const event of ['setting', 'output', 'limits', 'level', 'theme', 'size']) app.on(event, () => app.frame(draw));
  app.frame(draw);
}

// The two inputs that matter most for the chosen output, numbers first.
function usualPair(app) {
  const { names = [], total = [] } = app.about.sobol ?? {};
  const share = (i) => total[names.indexOf(app.about.inputs[i].name)]?.[app.output] ?? 0;
  const order = app.about.inputs.map((_, i) => i).sort((i, j) => {
    const levels = Number(Boolean(app.about.inputs[i].levels)) - Number(Boolean(app.about.inputs[j].levels));
    return levels || share(j) - share(i);
  });
  return [order[0], order[1]];
}

// What can be shown of this model: [[value, name]].
function shownOf(app) {
  return [
    ['value', 'predicted value'],
    app.about.outputs[app.output].interval || app.about.worth ? ['width', 'width of its interval'] : null,
    app.about.worth ? ['inside', 'probability inside the limits'] : null,
    app.about.familiar ? ['familiarity', 'familiarity of the inputs'] : null,
  ].filter(Boolean);
}

function contourControls(app, state, redraw) {
  const choice = (label, id, options, chosen, change) => {
    const select = el('select', { id, onchange: () => (change(select.value), redraw()) },
      ...options.map(([value, text]) => el('option', { value, selected: String(value) === String(chosen), text })));
    return el('label', { for: id }, el('span', { text: label }), select);
  };
  const names = app.about.inputs.map((input, i) => [i, input.name]);
  const outputs = app.about.outputs.map((output, k) => [k, output.name]);
  const across = choice('across', 'map-across', names, state.a, (v) => (state.a = Number(v)));
  const up = choice('up', 'map-up', names, state.b, (v) => (state.b = Number(v)));
  const keepApart = (changed, other, was) => {
    if (state.a !== state.b) return;
    state[other] = was;
    document.getElementById(other === 'a' ? 'map-across' : 'map-up').value = String(was);
  };
  across.addEventListener('change', () => keepApart('a', 'b', state.lastA));
  up.addEventListener('change', () => keepApart('b', 'a', state.lastB));
  const rows = el('input', { type: 'checkbox', id: 'map-rows', checked: true, onchange: () => ((state.rows = rows.checked), redraw()) });
  const limits = limitFields(app, 'map', redraw);
  const node = el('div', { class: 'controls' },
    outputs.length > 1 ? choice('output', 'map-output', outputs, app.output, (v) => app.choose(Number(v))) : null,
    choice('shown', 'map-what', shownOf(app), state.what, (v) => (state.what = v)),
    across, up, limits,
    mapRows(app) ? el('label', { class: 'check', for: 'map-rows' }, rows, el('span', { text: app.today ? 'parts of today' : 'measured rows' })) : null);
  app.on('output', () => {
    const select = node.querySelector('#map-output');
    if (select) select.value = String(app.output);
  });
  return { node, note: el('p', { class: 'soft small' }) };
}

// Lower and upper limit of the chosen output.
export function limitFields(app, id, after = () => {}) {
  const field = (side, label) => {
    const input = el('input', {
      type: 'text', inputmode: 'decimal', id: `${id}-${side ? 'upper' : 'lower'}`, class: 'number', placeholder: 'none',
      onchange: () => {
        const text = input.value.trim(), value = text ? parse(text) : null;
        input.setAttribute('aria-invalid', String(Number.isNaN(value)));
        if (Number.isNaN(value)) return;
        const now = [...app.limits[app.output]];
        now[side] = value;
        app.setLimits(app.output, ...now);
        after();
      },
    });
    return [input, el('label', { for: input.id }, el('span', { text: label }), input)];
  };
  const [lower, lowerLabel] = field(0, 'lower limit'), [upper, upperLabel] = field(1, 'upper limit');
  const fill = () => {
    const [low, high] = app.limits[app.output];
    lower.value = low === null ? '' : plainNumber(low);
    upper.value = high === null ? '' : plainNumber(high);
  };
  for (const event of ['limits', 'output']) app.on(event, fill);
  fill();
  return [lowerLabel, upperLabel];
}

// The numbers of the map; kept as long as nothing that they depend on has changed.
function mapField(app, state) {
  const inputs = app.about.inputs, { a, b } = state;
  const others = [...app.setting].map((v, i) => (i === a || i === b ? '' : v));
  const key = JSON.stringify([a, b, state.what, app.output, app.level, app.limits, others]);
  if (key === state.key) return state.field;
  const nodes = state.what === 'value' ? MAP_NODES : SLOW_NODES;
  const xs = placesAlong(inputs[a], nodes), ys = placesAlong(inputs[b], nodes);
  const grid = { setting: app.setting, a, b, xs, ys };
  const found = fieldOf(app.model, app.about.worth, state.what, grid, app.output, app.level, app.limits);
  state.key = key;
  state.field = { ...found, xs, ys, margin: marginOf(found.value, app.about.outputs.length, app.limits) };
  return state.field;
}

function drawMap(app, state, canvas, said, note) {
  if (!canvas.clientWidth) return;
  state.lastA = state.a;
  state.lastB = state.b;
  const { shown, xs, ys, margin } = mapField(app, state);
  const inputs = app.about.inputs, share = state.what === 'inside' || state.what === 'familiarity';
  const [low, high] = share ? [0, 1] : finiteEnds(shown);
  const digits = tickDigits(roundNumbers(low, high, 10), 5);
  const written = share ? (v) => `${format(100 * v, 3)} %` : (v) => format(v, digits);
  const g = fresh(canvas), tone = colours();
  const yticks = mapTicks(inputs[state.b], canvas.clientHeight / 50);
  const frame = mapFrame(canvas.clientWidth, canvas.clientHeight, Math.max(...yticks.map(([, t]) => t.length)));
  const flat = Boolean(inputs[state.a].levels || inputs[state.b].levels), [nx, ny] = [xs.length, ys.length];
  paintField(g, frame, shown, nx, ny, low, high, flat);
  if (margin) paintLimits(g, frame, margin, nx, ny, flat, tone.paper, tone.ink);
  if (!flat) paintLines(g, frame, shown, nx, ny, low, high, written);
  if (state.rows && mapRows(app)) paintRows(g, frame, rowsOn(app, state));
  paintSetting(g, frame, mapShare(inputs[state.a], app.setting[state.a]), mapShare(inputs[state.b], app.setting[state.b]));
  paintAxes(g, frame, mapTicks(inputs[state.a], frame.wide / 80), yticks, labelOf(inputs[state.a]), labelOf(inputs[state.b]), tone);
  paintBar(g, frame, low, high, written, tone);
  state.frame = frame;
  sayMap(app, state, said, note, margin, shown, low, high, written);
}

// Ticks [[share of the axis, text]].
function mapTicks(input, count) {
  if (input.levels) return input.levels.map((name, i) => [(i + 0.5) / input.levels.length, name]);
  const ticks = roundNumbers(input.lower, input.upper, count), texts = tickTexts(ticks, 5);
  return ticks.map((v, i) => [mapShare(input, v), texts[i]]);
}

function mapShare(input, v) {
  return input.levels ? (v + 0.5) / input.levels.length : (v - input.lower) / (input.upper - input.lower);
}

// What lies on the map: the parts that a station has handed over, else the measured rows.
function mapRows(app) {
  return app.today ?? app.about.rows;
}

// Measured rows as shares of the map, and whether their other inputs are near the present ones.
function rowsOn(app, state) {
  const columns = mapRows(app).inputs, inputs = app.about.inputs;
  return columns[0].map((_, r) => {
    const near = inputs.every((input, i) => i === state.a || i === state.b
      || (input.levels ? columns[i][r] === app.setting[i]
        : Math.abs(columns[i][r] - app.setting[i]) <= NEAR_ROW * (input.upper - input.lower)));
    return [mapShare(inputs[state.a], columns[state.a][r]), mapShare(inputs[state.b], columns[state.b][r]), near];
  }).filter(([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1);
}

const SHOWN_WORDS = {
  value: 'the predicted value', width: 'the width of the interval',
  inside: 'the probability that a measurement lies inside all limits',
  familiarity: 'familiarity: the share of training rows that were as unusual or more',
};

function sayMap(app, state, said, note, margin, shown, low, high, written) {
  const inputs = app.about.inputs, output = app.about.outputs[app.output];
  const at = [state.a, state.b].map((i) => `${inputs[i].name} ${inputPlace(inputs[i], app.setting[i])}`).join(', ');
  said.textContent = `${at}: ${insideOf(app, app.setting)}`;
  const limited = app.limits.some(limitEnds);
  const share = margin ? margin.filter((v) => v >= 0).length / margin.length : 0;
  const lines = [`Colours: ${SHOWN_WORDS[state.what]}${state.what === 'value' || state.what === 'width' ? ` of ${labelOf(output)}` : ''}, ${written(low)} to ${written(high)}.`];
  if (state.what === 'inside' && !limited) lines.push('There are no limits yet: give a lower or an upper limit above.');
  if (limited) lines.push(`Hatched: the predicted value is outside the limits; ${format(100 * share, 3)} % of the map is inside.`);
  if (state.rows && mapRows(app)) lines.push(`Dots: ${app.today ? 'parts of today' : 'measured rows'}, faint where their other inputs are far from the present ones.`);
  if (!shown.some(Number.isFinite)) lines.push('Nothing is known here: the other inputs lie outside the domain.');
  note.textContent = lines.join(' ');
}

export function inputPlace(input, v) {
  return input.levels ? input.levels[Math.round(v)] ?? '-' : withUnit(v, input.unit);
}

// Pointer and keys: the setting follows.
function listenToMap(app, state, canvas) {
  const place = (input, share) => {
    const s = Math.min(Math.max(share, 0), 1);
    if (input.levels) return Math.min(Math.floor(s * input.levels.length), input.levels.length - 1);
    return mapStep(input, input.lower + s * (input.upper - input.lower));
  };
  const move = (event) => {
    const box = canvas.getBoundingClientRect(), { left, top, wide, tall } = state.frame;
    const x = Float64Array.from(app.setting), inputs = app.about.inputs;
    x[state.a] = place(inputs[state.a], (event.clientX - box.left - left) / wide);
    x[state.b] = place(inputs[state.b], 1 - (event.clientY - box.top - top) / tall);
    app.setAll(x);
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (!state.frame) return;
    canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  canvas.addEventListener('pointermove', (event) => canvas.hasPointerCapture(event.pointerId) && move(event));
  canvas.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: [state.a, -1], ArrowRight: [state.a, 1], ArrowDown: [state.b, -1], ArrowUp: [state.b, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    const input = app.about.inputs[by[0]], steps = by[1] * (event.shiftKey ? 10 : 1);
    const next = input.levels ? app.setting[by[0]] + by[1] : mapStep(input, app.setting[by[0]] + steps * input.step);
    app.set(by[0], Math.min(Math.max(next, input.lower), input.levels ? input.levels.length - 1 : input.upper));
  });
}

// The nearest number that the steps of an input allow, without what adding steps leaves behind.
export function mapStep(input, v) {
  const near = Number((Math.round(v / input.step) * input.step).toPrecision(12));
  return Math.min(Math.max(near, input.lower), input.upper);
}
