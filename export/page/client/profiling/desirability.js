// Desirability of a setting (Derringer and Suich, J. Quality Technology 12 (1980)) and its optimum.
//
//   D = (prod_k d_k)^(1/K) over outputs with a goal
//   larger    d = (y - L) / (T - L) cut to 0..1          smaller  d = (U - y) / (U - T)
//   target    (y - L) / (T - L) below T, (U - y) / (U - T) above, 0 outside L..U
//   within    1 in L..U, else 0

export const GOALS = ['none', 'larger', 'smaller', 'target', 'within'];

// [lower, upper, target] that a goal is judged by: what is set, else from the usual range.
export function goalLimits(goal, [lower, upper, target], [low, high]) {
  if (goal === 'larger') return [lower ?? low, null, target ?? high];
  if (goal === 'smaller') return [null, upper ?? high, target ?? low];
  if (goal === 'target') {
    const at = target ?? (lower !== null && upper !== null ? (lower + upper) / 2 : (low + high) / 2);
    return [lower ?? Math.min(low, at), upper ?? Math.max(high, at), at];
  }
  return [lower, upper, null];
}

// What is wrong with limits [lower, upper, target] that were set for a goal, in a sentence; '' if
// nothing is.
export function goalFault(goal, limits, range) {
  if (goal === 'none') return '';
  const [lower, upper, target] = goalLimits(goal, limits, range);
  if (goal === 'larger' && !(lower < target)) return 'ideal must be above worthless: exchange the two numbers, or choose "smaller is better"';
  if (goal === 'smaller' && !(target < upper)) return 'ideal must be below worthless: exchange the two numbers, or choose "larger is better"';
  if (lower !== null && upper !== null && !(lower < upper)) return 'at least must be below at most: exchange the two numbers';
  if (goal === 'target' && !(lower <= target && target <= upper)) return 'the target must lie between at least and at most';
  return '';
}

// d of one output; where it is 0, minus how far y is from where it is not, over the usual range.
export function desirability(y, goal, [lower, upper, target], room) {
  if (!Number.isFinite(y)) return -Infinity;
  if (lower !== null && y < lower) return (y - lower) / room;
  if (upper !== null && y > upper) return (upper - y) / room;
  if (goal === 'within') return 1;
  const rising = goal === 'larger' || (goal === 'target' && y <= target);
  const end = rising ? lower : upper;
  if (end === target) return 1;
  return Math.min(Math.max((y - end) / (target - end), 0), 1);
}

// The goals that are set: [{k, goal, limits, room}].
export function goalsOf(app) {
  return app.goals.flatMap((goal, k) => {
    if (goal === 'none') return [];
    const [low, high] = app.about.outputs[k].range;
    const limits = goalLimits(goal, app.limits[k], [low, high]);
    return [{ k, goal, limits, room: Math.max(high - low, 1e-300) }];
  });
}

// D of values y [K]; below 0 where it is 0: the sum of what is missing.
export function desired(goals, y, from = 0) {
  let product = 1;
  let missing = 0;
  for (const { k, goal, limits, room } of goals) {
    const d = desirability(y[from + k], goal, limits, room);
    if (d <= 0) missing += Math.min(d, -1e-9);
    else product *= d;
  }
  return missing < 0 ? missing : product ** (1 / goals.length);
}

const STARTS = 6;
const SPREAD = 3000; // candidates over the domain
const ALONG_LINE = 17; // points of a line search
const ROUNDS = 40;

// {x, desirability}: the best setting over the inputs that are not locked. `familiar`: only among
// settings that the model calls familiar.
export function optimum(app, familiar = false) {
  const goals = goalsOf(app);
  const score = scorer(app, goals, familiar);
  const free = app.model.inputs.map((_, i) => i).filter((i) => !app.locked.has(i));
  const found = bestStarts(app, free, score).map((x) => climbedFrom(app, free, score, x));
  const best = bestKnown(app, found, familiar);
  const round = onSteps(app, free, score, best);
  return { x: round.x, desirability: Math.max(round.score, 0) };
}

// The best; of those within a hundredth of it the one whose inputs are most usual.
function bestKnown(app, found, familiar) {
  const best = found.reduce((a, b) => (b.score > a.score + 1e-9 ? b : a));
  if (!familiar) return best;
  const near = found.filter(({ score }) => score >= best.score - 0.01);
  const known = near.map((one) => ({ ...one, p: app.model.familiarity(one.x)?.p ?? 0 }));
  return known.reduce((a, b) => (b.p > a.p ? b : a));
}

// X [rows * D] -> scores [rows].
function scorer(app, goals, familiar) {
  const outputs = app.model.outputs.length;
  return (X, rows) => {
    const y = app.model.values(X, rows);
    const scores = Float64Array.from({ length: rows }, (_, n) => desired(goals, y, n * outputs));
    const p = familiar ? app.model.familiarities(X, rows) : null;
    if (p) scores.forEach((s, n) => (scores[n] = p[n] > app.model.leastP ? s : Math.min(s, 0) - 1));
    return scores;
  };
}

function bestStarts(app, free, score) {
  const count = app.setting.length;
  const measured = wholeRows(app.about.rows?.inputs ?? []);
  const extra = measured.length;
  const rows = 1 + SPREAD + extra;
  const X = new Float64Array(rows * count);
  for (let n = 0; n < rows; n++) {
    X.set(app.setting, n * count);
    if (!n) continue;
    for (const i of free) {
      const input = app.model.inputs[i];
      X[n * count + i] = n > SPREAD ? insideDomain(input, measured[n - SPREAD - 1][i]) : haltonPoint(input, i, n);
    }
  }
  const scores = score(X, rows);
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b).slice(0, STARTS);
  return order.map((n) => X.slice(n * count, (n + 1) * count));
}

// Measured rows [n][D] in which nothing is missing, of columns [D][n].
function wholeRows(columns) {
  const rows = (columns[0] ?? []).map((_, n) => columns.map((column) => column[n]));
  return rows.filter((row) => row.every(Number.isFinite));
}

function insideDomain(input, value) {
  return Math.min(Math.max(value, input.lower), input.upper);
}

// Point n of a Halton sequence along input i.
function haltonPoint(input, i, n) {
  const base = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79][i % 22];
  let u = 0;
  let part = 1 / base;
  for (let m = n + 20 * Math.floor(i / 22); m > 0; m = Math.floor(m / base), part /= base) u += (m % base) * part;
  if (input.levels) return Math.min(Math.floor(u * input.levels.length), input.levels.length - 1);
  return input.lower + u * (input.upper - input.lower);
}

// Line searches along each input and along the last move, in ever smaller windows.
function climbedFrom(app, free, score, start) {
  let best = { x: start, score: score(start, 1)[0] };
  let window = 1;
  for (let round = 0; round < ROUNDS && window > 1e-4; round++) {
    const before = best;
    for (const i of free) best = climbAlong(app.model.inputs[i], i, window, score, best);
    best = climbOnward(app, free, score, before.x, best);
    if (best.score < before.score + 1e-6) window /= 3;
  }
  return best;
}

function climbAlong(input, i, window, score, best) {
  const half = (window * (input.upper - input.lower)) / 2;
  const points = input.levels
    ? input.levels.map((_, j) => j)
    : Array.from({ length: ALONG_LINE }, (_, j) => insideDomain(input, best.x[i] + half * (j / 8 - 1)));
  return bestOf(score, best, points.map((v) => best.x.with(i, v)));
}

function climbOnward(app, free, score, from, best) {
  const tries = [0.5, 1, 2, 4].map((t) =>
    best.x.map((v, i) => {
      const input = app.model.inputs[i];
      return free.includes(i) && !input.levels ? insideDomain(input, v + t * (v - from[i])) : v;
    }),
  );
  return bestOf(score, best, tries);
}

function bestOf(score, best, tries) {
  const count = best.x.length;
  const X = new Float64Array(tries.length * count);
  tries.forEach((x, n) => X.set(x, n * count));
  const scores = score(X, tries.length);
  return tries.reduce((a, x, n) => (scores[n] > a.score + 1e-12 ? { x, score: scores[n] } : a), best);
}

// On the steps of the inputs, one after the other, or the coarsest tenth of them that costs less than a
// thousandth.
function onSteps(app, free, score, best) {
  let found = best;
  for (const i of free) {
    const input = app.model.inputs[i];
    if (input.levels) continue;
    for (const finer of [1, 10, 100, 1000]) {
      const step = app.about.inputs[i].step / finer;
      const v = insideDomain(input, Number((Math.round(found.x[i] / step) * step).toPrecision(12)));
      const x = found.x.with(i, v);
      const now = score(x, 1)[0];
      if (now <= best.score - 1e-3) continue;
      found = { x, score: now };
      break;
    }
  }
  return found;
}
