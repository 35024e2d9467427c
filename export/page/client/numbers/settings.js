// Settings to choose from: evenly spread ones in the box of the free inputs, those that differ most
// from each other, and the nearest one to where the machine stands.
//
// Distances are in shares of the range of each input; two levels are one range apart.
import { evenPoints } from './scatter.js';

// Rows [count, D] that fill the box of the inputs `free` around the setting x; `inputs` are those of
// the model, `ends` [[low, high]] of each; numbers keep to the steps of an input.
export function spreadRows(inputs, ends, x, free, count) {
  const d = inputs.length, rows = new Float64Array(count * d);
  const points = evenPoints(count, Math.max(free.length, 1));
  for (let i = 0; i < count; i++) rows.set(x, i * d);
  free.forEach((input, j) => {
    const [low, high] = ends[input], levels = inputs[input].levels?.length ?? 0;
    for (let i = 0; i < count; i++) {
      const u = points[i * free.length + j];
      rows[i * d + input] = levels ? Math.min(Math.floor(u * levels), levels - 1)
        : onStep(low + u * (high - low), inputs[input].step, low, high);
    }
  });
  return rows;
}

// The nearest value that the steps of an input allow.
export function onStep(value, step, low, high) {
  const near = step > 0 ? low + Math.round((value - low) / step) * step : value;
  return Math.min(Math.max(near, low), high);
}

// Square of the distance of rows i and j of two tables, in shares of the ranges.
export function apartSquared(inputs, a, i, b, j) {
  const d = inputs.length;
  let sum = 0;
  for (let n = 0; n < d; n++) {
    const by = a[i * d + n] - b[j * d + n];
    if (inputs[n].levels) sum += by === 0 ? 0 : 1;
    else sum += (by / (inputs[n].upper - inputs[n].lower || 1)) ** 2;
  }
  return sum;
}

// At most `count` indices of rows, the first of `order` first, then each the farthest from those
// taken before (Gonzalez, Theor. Comput. Sci. 38, 1985).
export function farApart(inputs, rows, order, count) {
  if (!order.length) return [];
  const taken = [order[0]];
  const near = order.map((i) => apartSquared(inputs, rows, i, rows, order[0]));
  while (taken.length < count) {
    const far = near.indexOf(Math.max(...near));
    if (!(near[far] > 1e-9)) break;
    taken.push(order[far]);
    order.forEach((i, n) => {
      near[n] = Math.min(near[n], apartSquared(inputs, rows, i, rows, order[far]));
    });
  }
  return taken;
}

// The nearest setting to x that `good(rows, count) -> [bool]` accepts: of x itself, of `rows`, and of
// points in ever smaller boxes around the best so far; `project` moves such points to where they may be
// good (onto a target), as many as it can. Null where none is accepted.
export function nearestGood(inputs, ends, x, free, rows, count, good, project = (table) => table, rounds = 16, tries = 256) {
  const d = inputs.length;
  let best = null, least = Infinity;
  const take = (table, n) => {
    const ok = good(table, n);
    for (let i = 0; i < n; i++) {
      const far = ok[i] ? apartSquared(inputs, table, i, x, 0) : Infinity;
      if (far < least) [best, least] = [table.slice(i * d, (i + 1) * d), far];
    }
  };
  take(Float64Array.from(x), 1);
  if (best) return best;
  take(rows, count);
  for (let round = 0, size = 0.5; best && round < rounds; round++, size *= 0.7) {
    const back = project(stepsBack(inputs, x, best, free));
    take(back, back.length / d);
    const box = ends.map(([low, high], n) => {
      const middle = best[n], half = size * Math.sqrt(least) * (high - low);
      return [Math.max(low, middle - half), Math.min(high, middle + half)];
    });
    const around = project(spreadRows(inputs, box, best, free.filter((n) => !inputs[n].levels), tries));
    take(around, around.length / d);
  }
  return best;
}

const STEPS_BACK = 32;

// Points from x to `best`, along the line and with one input after the other put back.
function stepsBack(inputs, x, best, free) {
  const d = inputs.length, rows = new Float64Array(STEPS_BACK * d);
  for (let i = 0; i < STEPS_BACK; i++) {
    rows.set(best, i * d);
    const back = free[i % Math.max(free.length, 1)], t = 0.5 ** (1 + Math.floor(i / Math.max(free.length, 1)));
    const line = i >= STEPS_BACK / 2, share = (i - STEPS_BACK / 2) / (STEPS_BACK / 2);
    for (const n of line ? free : [back].filter((b) => b !== undefined)) {
      if (inputs[n].levels) { if (!line) rows[i * d + n] = x[n]; }
      else rows[i * d + n] = line ? x[n] + (best[n] - x[n]) * share : best[n] + (x[n] - best[n]) * (1 - t);
    }
  }
  return rows;
}
