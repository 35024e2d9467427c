// sna_inverse.js - settings with wanted outputs, by steps along gradients. SPDX-License-Identifier: Apache-2.0
//
// A goal is {output: k, low, high} in output units (low = high: a target). Steps are taken in units of the boxes
// `within` of the free inputs: the shortest one that mends all broken goals to first order. Inputs with levels keep those
// of the start.

import { SnaError } from './sna_file.js';

const SNA_REACHED = 1e-9; // of the range of the output
const SNA_WALK = 24; // steps of a walk
const SNA_STARTS = 48; // walks for every setting that is asked for
const SNA_SCAN = 256; // places along a line, for roots that the library does not find in one step

/** Fills options: x, free, within (per input [low, high] inside the domain). */
function searchRoom(model, options = {}) {
  const inputs = model.inputs;
  const x = options.x ? Float64Array.from(options.x) : Float64Array.from(inputs, (i) => (i.levels ? 0 : (i.lower + i.upper) / 2));
  const free = (options.free ?? inputs.map((_, i) => i)).map((i) => model.inputIndex(i));
  const within = inputs.map((input, i) => {
    const [low, high] = options.within?.[i] ?? [input.lower, input.upper];
    return [Math.max(low, input.lower), Math.min(high, input.upper)];
  });
  if (free.some((i) => !(within[i][0] <= within[i][1]))) {
    throw new SnaError('bad_input', 'a range to search in lies outside the domain or is empty; widen it');
  }
  const smooth = free.filter((i) => !inputs[i].levels && within[i][1] > within[i][0]);
  return { model, x, free, within, smooth, scale: smooth.map((i) => within[i][1] - within[i][0]) };
}

/** Largest miss of the goals at values y, in units of the ranges. */
function missOf(model, goals, y) {
  let worst = 0;
  for (const g of goals) {
    const range = model.outputs[g.output].upper - model.outputs[g.output].lower || 1;
    const miss = Math.max(g.low - y[g.output], y[g.output] - g.high, 0) / range;
    if (!(miss <= worst)) worst = Number.isNaN(miss) ? Infinity : miss;
  }
  return worst;
}

/** a [m] with A a = b for a symmetric positive matrix A [m][m] (Gauss); a little is added to its diagonal. */
function solveSmall(matrix, right) {
  const m = right.length;
  const rows = matrix.map((row, i) => [...row.map((v, j) => (i === j ? v * (1 + 1e-12) + 1e-300 : v)), right[i]]);
  for (let i = 0; i < m; i++) {
    for (let k = i + 1; k < m; k++) {
      const factor = rows[k][i] / rows[i][i];
      for (let j = i; j <= m; j++) rows[k][j] -= factor * rows[i][j];
    }
  }
  const found = new Float64Array(m);
  for (let i = m; i-- > 0;) {
    let sum = rows[i][m];
    for (let j = i + 1; j < m; j++) sum -= rows[i][j] * found[j];
    found[i] = sum / rows[i][i];
  }
  return found;
}

/** Values at x and the goals that are broken there (with `edges` also those at their end, which a step must not break):
 * how far to go [m], in ranges, and their slopes [m][smooth] by boxes. */
function brokenGoals(room, goals, x, edges) {
  const { model, smooth, scale } = room;
  const { value, gradient } = model.gradient(x);
  const n = model.inputs.length;
  const away = [];
  const slopes = [];
  for (const { output: k, low, high } of goals) {
    const range = model.outputs[k].upper - model.outputs[k].lower || 1;
    const gap = value[k] < low ? low - value[k] : value[k] > high ? high - value[k] : 0;
    if (gap === 0 && !(edges && Math.min(value[k] - low, high - value[k]) <= 1e-7 * range)) continue;
    away.push(gap / range);
    const row = new Float64Array(smooth.length);
    for (let j = 0; j < row.length; j++) row[j] = (gradient[k * n + smooth[j]] * scale[j]) / range;
    slopes.push(row);
  }
  return { value, away, slopes };
}

function dotOpen(a, b, open) {
  let sum = 0;
  for (let j = 0; j < open.length; j++) if (open[j]) sum += a[j] * b[j];
  return sum;
}

/** x after the step back + J'(JJ')^-1 (away - J back), over inputs that are not stopped at an end of their box; no
 * input goes further than half its box. */
function stepTo(room, x, { away, slopes }, back) {
  const { smooth, within, scale } = room;
  const open = new Array(smooth.length).fill(true);
  const step = new Float64Array(smooth.length);
  for (let stopped = true; stopped;) {
    const square = slopes.map((r) => slopes.map((q) => dotOpen(r, q, open)));
    const by = away.length ? solveSmall(square, away.map((a, i) => a - dotOpen(slopes[i], back, open))) : [];
    stopped = false;
    for (let j = 0; j < open.length; j++) {
      step[j] = 0;
      if (!open[j]) continue;
      step[j] = back[j];
      for (let i = 0; i < by.length; i++) step[j] += slopes[i][j] * by[i];
      const [low, high] = within[smooth[j]];
      if (step[j] < 0 ? x[smooth[j]] > low : step[j] === 0 || x[smooth[j]] < high) continue;
      open[j] = false;
      stopped = true;
    }
  }
  let longest = 0.5;
  for (const s of step) longest = Math.max(longest, Math.abs(s));
  const to = x.slice();
  for (let j = 0; j < step.length; j++) {
    const [low, high] = within[smooth[j]];
    to[smooth[j]] = Math.min(Math.max(x[smooth[j]] + (0.5 / longest) * step[j] * scale[j], low), high);
  }
  return to;
}

/** A setting that meets the goals, walked to from `start`, or null. */
function walkTo(room, goals, start, steps = SNA_WALK) {
  const none = new Float64Array(room.smooth.length);
  let x = start;
  for (let i = 0; i < steps; i++) {
    const broken = brokenGoals(room, goals, x, false);
    const miss = missOf(room.model, goals, broken.value);
    if (miss <= SNA_REACHED) return x;
    if (!Number.isFinite(miss)) return null;
    const to = stepTo(room, x, broken, none);
    if (room.smooth.every((d, j) => Math.abs(to[d] - x[d]) <= 1e-14 * room.scale[j])) return null;
    x = to;
  }
  return null;
}

/** From x, which meets the goals, along them towards the anchor: steps that keep the goals to first order, then a walk
 * back onto them, as long as that comes nearer. */
function drawnTo(room, goals, x, anchor) {
  let far = apartOf(room, x, anchor);
  for (let share = 1, i = 0; share > 1e-3 && far > 1e-20 && i < SNA_WALK; i++) {
    const back = Float64Array.from(room.smooth, (d, j) => (share * (anchor[d] - x[d])) / room.scale[j]);
    const to = walkTo(room, goals, stepTo(room, x, brokenGoals(room, goals, x, true), back), 12);
    const next = to ? apartOf(room, to, anchor) : Infinity;
    if (next < far * (1 - 1e-7)) [x, far] = [to, next];
    else share /= 4;
  }
  return { x, far };
}

/** The i-th start: free inputs at a point of a sequence that fills the box (Roberts), levels of their own. */
function startAt(room, i) {
  const x = room.x.slice();
  const d = room.free.length;
  let root = 2;
  for (let k = 0; k < 32; k++) root = (1 + root) ** (1 / (d + 1));
  room.free.forEach((at, j) => {
    const u = (0.5 + (i + 1) * root ** -(j + 1)) % 1;
    const [low, high] = room.within[at];
    x[at] = room.model.inputs[at].levels ? Math.min(high, low + Math.floor(u * (high - low + 1))) : low + u * (high - low);
  });
  return x;
}

/** Squared distance in boxes; another level is one box away. */
function apartOf(room, a, b) {
  let sum = 0;
  for (const i of room.free) {
    const size = room.within[i][1] - room.within[i][0];
    const step = room.model.inputs[i].levels ? Number(a[i] !== b[i]) : size > 0 ? (a[i] - b[i]) / size : 0;
    sum += step * step;
  }
  return sum;
}

/** `count` of the settings, each farthest from those taken before it; the first is the first. */
function spreadOut(room, found, count) {
  const far = found.map(() => Infinity);
  const taken = [];
  for (let next = 0; taken.length < Math.min(count, found.length);) {
    taken.push(found[next]);
    far[next] = -1;
    found.forEach((x, i) => { if (far[i] >= 0) far[i] = Math.min(far[i], apartOf(room, x, found[next])); });
    next = far.indexOf(Math.max(...far));
    if (far[next] <= 1e-10) break;
  }
  return taken;
}

/** {x, value, lower, upper, status, p}: a setting with what the model says of it. */
function toldOf(model, x) {
  return { x, ...model.interval(x), p: model.familiarity(x)?.p ?? null };
}

/** At most `count` different settings that meet all goals: those that data cover first, each group spread out. */
export function settingsWith(model, goals, options = {}) {
  const room = searchRoom(model, options);
  const count = options.count ?? 8;
  const found = [];
  const most = Math.max(200, SNA_STARTS * count);
  const end = performance.now() + (options.milliseconds ?? 1000);
  for (let i = 0; i < most && found.length < 8 * count && performance.now() < end; i++) {
    const walked = walkTo(room, goals, startAt(room, i));
    if (walked) found.push(walked);
  }
  const told = model.tellsFamiliarity ? Array.from(model.familiarities(Float64Array.from(found.flatMap((x) => [...x])), found.length), (p) => p > model.leastP) : found.map(() => true);
  const seen = spreadOut(room, found.filter((_, i) => told[i]), count);
  const unlike = spreadOut(room, found.filter((_, i) => !told[i]), count - seen.length);
  return [...seen, ...unlike].map((x) => toldOf(model, x));
}

/** The setting nearest to x (in boxes) that meets all goals, of walks from x and from starts around; or null. */
export function nearestWith(model, goals, x, options = {}) {
  const room = searchRoom(model, { ...options, x });
  const levels = room.free.filter((i) => model.inputs[i].levels);
  const end = performance.now() + (options.milliseconds ?? 1000);
  let best = null;
  for (let i = -1; i < SNA_STARTS && (i < 8 || !best) && performance.now() < end; i++) {
    const start = i < 0 ? room.x.slice() : startAt(room, i);
    const own = i < 0 ? room.free : i < 6 ? levels : [];
    for (const d of own) start[d] = Math.min(Math.max(room.x[d], room.within[d][0]), room.within[d][1]);
    const walked = walkTo(room, goals, start);
    const drawn = walked && drawnTo(room, goals, walked, room.x);
    if (drawn && !(best && best.far <= drawn.far)) best = drawn;
  }
  return best && toldOf(model, best.x);
}

/** {found, nearest}: places along an input at which an output is the target, and the value closest to it; by looking at
 * SNA_SCAN places and their slopes: for inputs that formulas take, whose functions are no polynomials. */
export function scannedRoots(model, x, input, output, target) {
  const { lower, upper } = model.inputs[input];
  const range = model.outputs[output].upper - model.outputs[output].lower || 1;
  const at = Float64Array.from(x);
  const places = Array.from({ length: SNA_SCAN + 1 }, (_, i) => lower + ((upper - lower) * i) / SNA_SCAN);
  const off = (t) => { at[input] = t; return model.value(at)[output] - target; };
  const slope = (t) => { at[input] = t; return model.gradient(at).gradient[output * model.inputs.length + input]; };
  const zero = (f, a, b) => {
    const rising = f(b) > 0;
    for (let i = 0; i < 100 && b - a > 1e-15 * (Math.abs(a) + Math.abs(b)); i++) {
      const middle = (a + b) / 2;
      if ((f(middle) > 0) === rising) b = middle;
      else a = middle;
    }
    return (a + b) / 2;
  };
  const turns = places.slice(1).flatMap((b, i) => (slope(places[i]) > 0) !== (slope(b) > 0) ? [zero(slope, places[i], b)] : []);
  const all = [...places, ...turns].sort((a, b) => a - b);
  const found = all.filter((t) => Math.abs(off(t)) <= 1e-12 * range);
  for (let i = 1; i < all.length; i++) {
    const [a, b] = [off(all[i - 1]), off(all[i])];
    if (Math.min(Math.abs(a), Math.abs(b)) > 1e-12 * range && (a > 0) !== (b > 0)) found.push(zero(off, all[i - 1], all[i]));
  }
  found.sort((a, b) => a - b);
  const miss = found.length ? 0 : all.map(off).reduce((a, b) => (Math.abs(b) < Math.abs(a) || Number.isNaN(a) ? b : a), NaN);
  return { found: found.filter((t, i) => i === 0 || t - found[i - 1] > 1e-9 * (upper - lower)), nearest: target + miss };
}
