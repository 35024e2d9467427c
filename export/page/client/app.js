// The state that all views share, and the only way to change it.
//
// A view is `export function NAME(app, root)`: it builds its elements within `root` (called once,
// when its tab is first shown) and subscribes. Everything is in the users' units; a level is its
// number 0, 1, .. in `model.inputs[i].levels`.
//
//   app.model    Model of sna.js (inputs, outputs, value, interval, values, intervals, ..)
//   app.about    content of the page (export/page/content.py says what is in it)
//   app.setting  Float64Array [D], read only: change it by set, setAll
//   app.locked   Set of inputs that optimisers and suggestions leave alone
//   app.output   the chosen output;  app.level: level of intervals, or null (that of the file)
//   app.limits   [[lower, upper, target] per output], null where none is set
//   app.today    {inputs: [[..] per input]} of the parts of a station, or null (hosted.js)
//   app.goals    ['within' | 'target' | 'larger' | 'smaller' | 'none' per output]
//
//   app.now      {value, lower, upper [K], status, familiarity: {p, status} or null} at the setting
//
//   app.set(i, v)  app.setAll(x)  app.lock(i, on)  app.choose(output)  app.setLevel(level)
//   app.setLimits(k, lower, upper, target)  app.setGoal(k, goal)
//   app.show(id)   shows the tab of a view: 'profiler', 'contour', ..
//   app.on(event, fn)  events: 'setting', 'lock', 'output', 'limits' (limits and goals), 'level',
//                  'theme' (colours changed: draw canvases again), 'size'
//   app.frame(fn)  runs fn at the next animation frame, once however often it is asked for; where
//                  the view is hidden it waits until it is shown. fn must be the same function each
//                  time: app.on('setting', () => app.frame(redraw)).
//
// Style sheet: page.css; colours of canvases are read from its variables by `colours(root)` of
// chart.js. The policy of the page allows no style attributes in markup: use classes, or
// element.style.setProperty.

import { answerAt, withShares } from './answer.js';

export function createApp(model, about) {
  const listeners = new Map();
  let answer = null;
  const app = {
    model: withShares(model, about),
    about,
    setting: Float64Array.from(about.start),
    locked: new Set(),
    today: null,
    output: 0,
    level: about.level ?? null,
    limits: about.outputs.map((o) => [...(o.limits ?? [null, null, null])]),
    goals: about.outputs.map((o) => (o.limits ? 'within' : 'none')),
    get now() {
      answer ??= answerAt(app);
      return answer;
    },
    on(event, fn) {
      if (!listeners.has(event)) listeners.set(event, []);
      listeners.get(event).push(fn);
    },
    emit(event) {
      if (event === 'setting' || event === 'level') answer = null;
      for (const fn of listeners.get(event) ?? []) fn();
    },
  };
  return Object.assign(app, appChanges(app));
}

function appChanges(app) {
  const then = (event, change) => (...given) => {
    if (change(...given) !== false) app.emit(event);
  };
  return {
    set: then('setting', (i, v) => {
      if (Object.is(app.setting[i], v)) return false;
      app.setting[i] = v;
    }),
    setAll: then('setting', (x) => app.setting.set(x)),
    lock: then('lock', (i, on) => void (on ? app.locked.add(i) : app.locked.delete(i))),
    choose: then('output', (k) => void (app.output = k)),
    setLevel: then('level', (level) => void (app.level = level)),
    setLimits: then('limits', (k, lower, upper, target) => {
      app.limits[k] = [lower ?? null, upper ?? null, target ?? null];
    }),
    setGoal: then('limits', (k, goal) => void (app.goals[k] = goal)),
  };
}

// The app as one view sees it: its frames wait while `panel` is hidden.
export function viewOf(app, panel) {
  const waiting = new Set();
  let asked = 0;
  const run = () => {
    asked = 0;
    if (panel.hidden) return;
    const due = [...waiting];
    waiting.clear();
    for (const fn of due) fn();
  };
  const ask = () => {
    if (!asked && waiting.size && !panel.hidden) asked = requestAnimationFrame(run);
  };
  const view = Object.create(app);
  view.frame = (fn) => void (waiting.add(fn), ask());
  view.woken = ask;
  return view;
}
