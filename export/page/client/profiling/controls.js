// The controls of one input: slider and number field in its steps and unit, or its levels; a lock.
import { el, format, labelOf, parse, svg, withUnit } from '../dom.js';

// A number as it is shown in its field: all digits that it was given with.
export function plainNumber(value) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(12))) : '';
}

// The value of an input in words: '300 kg/m3' or the name of its level.
export function inputText(input, value) {
  if (!input.levels) return withUnit(value, input.unit, 10);
  return input.levels[value] ?? '-';
}

// The nearest multiple of the input's step inside its domain.
export function snapped(input, step, value) {
  const round = Number((Math.round(value / step) * step).toPrecision(12));
  return Math.min(Math.max(round, input.lower), input.upper);
}

// {nodes, show()}: the elements, and what makes them say the setting.
export function inputControls(app, i) {
  return app.model.inputs[i].levels ? levelControl(app, i) : numberControls(app, i);
}

function levelControl(app, i) {
  const input = app.model.inputs[i];
  const select = el(
    'select',
    { 'aria-label': input.name, class: 'level', onchange: () => app.set(i, select.selectedIndex) },
    input.levels.map((name) => el('option', { text: name })),
  );
  return { nodes: [select], show: () => void (select.selectedIndex = app.setting[i]) };
}

function numberControls(app, i) {
  const input = app.model.inputs[i];
  const step = app.about.inputs[i].step;
  const slider = el('input', {
    type: 'range', min: input.lower, max: input.upper, step: 'any', 'aria-label': labelOf(input),
  });
  slider.addEventListener('input', () => app.set(i, snapped(input, step, Number(slider.value))));
  slider.addEventListener('keydown', (event) => stepInput(app, i, input, step, event));
  const field = numberField(labelOf(input), () => app.setting[i], (v) => app.set(i, v));
  field.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') stepInput(app, i, input, step, event);
  });
  const unit = el('span', { class: 'unit', text: input.unit });
  const show = () => {
    const value = app.setting[i];
    slider.value = value;
    slider.setAttribute('aria-valuetext', inputText(input, value));
    const outside = value < input.lower || value > input.upper;
    field.classList.toggle('outside', outside);
    if (document.activeElement !== field || !field.dirty) field.value = plainNumber(value);
  };
  return { nodes: [slider, el('div', { class: 'entry' }, field, input.unit ? unit : null)], show };
}

function stepInput(app, i, input, step, event) {
  const move = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
  const end = { Home: input.lower, End: input.upper }[event.key];
  if (move === undefined && end === undefined) return;
  event.preventDefault();
  const now = app.setting[i];
  app.set(i, end ?? snapped(input, step, now + move * step));
}

// A text field for a number with point or comma: `get` what it shows, `put` what was given; where
// `open` is true it may be empty (null).
export function numberField(label, get, put, open = false) {
  const field = el('input', {
    type: 'text', inputmode: 'decimal', autocomplete: 'off', 'aria-label': label, class: 'number',
  });
  const commit = () => {
    const empty = open && !field.value.trim();
    const value = empty ? null : parse(field.value);
    const wrong = !empty && !Number.isFinite(value);
    field.setAttribute('aria-invalid', String(wrong));
    field.title = wrong ? 'not a number: write 1.5 or 1,5' : '';
    if (wrong) return;
    field.dirty = false;
    put(value);
    const now = get();
    field.value = now === null ? '' : plainNumber(now);
  };
  field.addEventListener('input', () => void (field.dirty = true));
  field.addEventListener('change', commit);
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') commit();
    if (event.key !== 'Escape') return;
    const now = get();
    field.value = now === null ? '' : plainNumber(now);
    field.setAttribute('aria-invalid', 'false');
    field.dirty = false;
  });
  return field;
}

// The button that keeps an input where it is while an optimum is looked for.
export function lockButton(app, i) {
  const input = app.model.inputs[i];
  const shackle = svg('path', { d: 'M5 7V5a3 3 0 0 1 6 0v2' });
  const icon = svg(
    'svg', { viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true' },
    shackle, svg('rect', { x: 3, y: 7, width: 10, height: 7, rx: 1.5 }),
  );
  const button = el('button', { type: 'button', class: 'lock', onclick: () => app.lock(i, !app.locked.has(i)) }, icon);
  const show = () => {
    const on = app.locked.has(i);
    button.setAttribute('aria-pressed', String(on));
    button.setAttribute('aria-label', `keep ${input.name} fixed in searches`);
    button.title = on ? 'fixed: searches leave it as it is' : 'free: searches may change it';
    shackle.setAttribute('d', on ? 'M5 7V5a3 3 0 0 1 6 0v2' : 'M5 7V4a3 3 0 0 1 5.8-1');
  };
  show();
  return { button, show };
}

// '12.3' of a value that a person reads beside others.
export const brief = (value) => format(value, 4);
