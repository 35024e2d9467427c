// What the page knows, and the only place where it changes.
//
//   state.lines      [{station, recipe, counts, last, rejected, points, outputs}]
//   state.facts      [{station, recipe, units, plans, takt_ms, page}]
//   state.alarms     as they come, what somebody has to see first
//   state.status     version, clock, disk_free, waiting, p99_ms, doors, models, now
//   state.chosen     'station/recipe';   state.output: the chosen output
//   state.heard      ms of this browser when a message last came; 0 before the first
//   on(fn)           fn(what) after a change; paints are gathered in one frame

import { kept } from './kept.js';
import { stationIs } from './zone.js';

const NOTHING = { units: {}, plans: {}, levels: {}, takt_ms: 0, page: false, learn: 'none' };
export const POINTS = 240;
export const SILENT = 4000; // ms without a message after which nothing is believed any more

export const state = {
  lines: [], facts: [], alarms: [], status: {}, chosen: kept('sna-line') ?? '', output: '', heard: 0, offset: 0,
  who: kept('sna-who') ?? '', person: '', role: '', answered: new Map(),
};
const listeners = [];
let asked = 0;

export function on(fn) {
  listeners.push(fn);
}

// Everything is painted at the next frame, once.
export function changed() {
  asked ||= requestAnimationFrame(() => {
    asked = 0;
    for (const fn of listeners) fn();
  });
}

export function nameOf(line) {
  return `${line.station}/${line.recipe}`;
}

export function chosenLine() {
  return state.lines.find((line) => nameOf(line) === state.chosen) ?? state.lines[0] ?? null;
}

export function factsOf(line) {
  return state.facts.find((one) => line && nameOf(one) === nameOf(line)) ?? NOTHING;
}

export function chosenOutput(line = chosenLine()) {
  const names = Object.keys(line?.outputs ?? {});
  return names.includes(state.output) ? state.output : (names[0] ?? '');
}

export function choose(name) {
  state.chosen = kept('sna-line', name);
  state.output = '';
  changed();
}

// What is to be done when this rule signals; '' where the configuration says nothing.
export function planOf(line, rule) {
  const { plans } = factsOf(line);
  return plans[rule] ?? plans.other ?? '';
}

// Whether what is shown may be believed: a message came a moment ago.
export function live() {
  return state.heard > 0 && Date.now() - state.heard < SILENT;
}

// The clock of the station in ms.
export function stationNow() {
  return Date.now() + state.offset;
}

export function hello(told) {
  state.facts = told.facts;
  state.lines = [];
  patch(told);
}

export function patch(told) {
  state.heard = Date.now();
  state.alarms = told.alarms;
  state.status = told.status;
  state.offset = told.status.now - Date.now();
  stationIs(told.status.zone ?? 'UTC', told.status.east ?? 0);
  for (const line of told.lines) merge(line);
  state.lines.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  if (!chosenLine() || nameOf(chosenLine()) !== state.chosen) state.chosen = state.lines[0] ? nameOf(state.lines[0]) : state.chosen;
  changed();
}

// Points are known by their record; one that comes again has been measured since.
function merge(line) {
  const at = state.lines.findIndex((one) => nameOf(one) === nameOf(line));
  const before = at < 0 ? { points: [] } : state.lines[at];
  const points = new Map(before.points.map((point) => [point[0], point]));
  for (const point of line.points) points.set(point[0], point);
  const all = [...points.values()].sort((a, b) => a[0] - b[0]).slice(-POINTS);
  const next = { rejected: before.rejected, ...line, points: all };
  if (at < 0) state.lines.push(next);
  else state.lines[at] = next;
}
