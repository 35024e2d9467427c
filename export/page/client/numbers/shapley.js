// What each input contributes: Shapley values of the game that puts inputs from a reference to a
// setting, evaluated at mixed settings. Exact up to MOST settings, else by random orders and their
// reverse, with an error that holds in 95 of 100 cases (sna_edge/calculus/contributions is the same).
const MOST_SETTINGS = 1 << 17, ORDER_PAIRS = 512, FEW_ROWS = 32, MANY_ROWS = 256;

// {share, error [D * K], base, value [K]} of a setting x against the mean over `references` (rows of
// settings); `evaluate(X, rows) -> [rows * K]`; `most`: mixed settings up to which it is exact.
export function contributionsOf(evaluate, x, references, outputs, most = MOST_SETTINGS) {
  const d = x.length, games = references.map((r) => differing(x, r));
  const whole = games.reduce((sum, active) => sum + 2 ** active.length, 0) <= most;
  const pairs = Math.max(2, Math.ceil(ORDER_PAIRS / references.length)), draw = uniformDraws(1);
  const sum = { share: new Float64Array(d * outputs), error: new Float64Array(d * outputs), base: new Float64Array(outputs), value: null };
  const seen = { count: 0, mean: new Float64Array(d * outputs), square: new Float64Array(d * outputs) };
  references.forEach((reference, j) => {
    const active = games[j];
    const found = whole || active.length < 2
      ? allCoalitions(evaluate, x, reference, active, outputs)
      : randomOrders(evaluate, x, reference, active, outputs, pairs, draw);
    for (let k = 0; k < outputs; k++) sum.base[k] += found.base[k] / references.length;
    sum.value = found.value;
    for (const one of found.samples) addSample(one, active, d, outputs, sum.share, found.samples.length * references.length, seen);
  });
  if (!whole) for (let i = 0; i < sum.error.length; i++) sum.error[i] = 1.96 * Math.sqrt(seen.square[i] / (seen.count - 1) / seen.count);
  return sum;
}

// How many of `all` rows a mean is taken over: those that stay exact within so many settings, or, where
// these would be few, as many as random orders are drawn for.
export function rowsWithin(inputs, all, settings = MOST_SETTINGS) {
  const exact = Math.floor(settings / 2 ** inputs);
  return Math.min(all, exact >= Math.min(all, FEW_ROWS) ? exact : MANY_ROWS);
}

function differing(x, reference) {
  return [...x.keys()].filter((i) => x[i] !== reference[i]);
}

// A sample [n * K] of the inputs that differ, spread over all; running mean and squares (Welford).
function addSample(one, active, d, outputs, share, count, seen) {
  const all = new Float64Array(d * outputs);
  active.forEach((i, p) => {
    for (let k = 0; k < outputs; k++) all[i * outputs + k] = one[p * outputs + k];
  });
  seen.count++;
  for (let i = 0; i < all.length; i++) {
    share[i] += all[i] / count;
    const away = all[i] - seen.mean[i];
    seen.mean[i] += away / seen.count;
    seen.square[i] += away * (all[i] - seen.mean[i]);
  }
}

// Bit p of a row's number says whether the p-th differing input is that of x.
function allCoalitions(evaluate, x, reference, active, outputs) {
  const n = active.length, count = 2 ** n, d = x.length;
  const rows = new Float64Array(count * d);
  for (let s = 0; s < count; s++) {
    rows.set(reference, s * d);
    active.forEach((i, p) => {
      if ((s >> p) & 1) rows[s * d + i] = x[i];
    });
  }
  const v = evaluate(rows, count), share = new Float64Array(n * outputs);
  const weights = coalitionWeights(n), sizes = new Uint8Array(count);
  for (let s = 1; s < count; s++) sizes[s] = sizes[s >> 1] + (s & 1);
  for (let s = 0; s < count; s++) {
    for (let p = 0; p < n; p++) {
      if ((s >> p) & 1) continue;
      for (let k = 0; k < outputs; k++) share[p * outputs + k] += weights[sizes[s]] * (v[(s | (1 << p)) * outputs + k] - v[s * outputs + k]);
    }
  }
  return { samples: [share], base: v.slice(0, outputs), value: v.slice((count - 1) * outputs) };
}

// |S|! (n - 1 - |S|)! / n! for |S| = 0 .. n - 1
export function coalitionWeights(n) {
  const weights = new Float64Array(Math.max(n, 1)).fill(1 / Math.max(n, 1));
  for (let s = 1; s < n; s++) weights[s] = (weights[s - 1] * s) / (n - s);
  return weights;
}

function randomOrders(evaluate, x, reference, active, outputs, pairs, draw) {
  const n = active.length, d = x.length, orders = [];
  for (let i = 0; i < pairs; i++) {
    const order = shuffled(n, draw);
    orders.push(order, [...order].reverse());
  }
  const rows = new Float64Array(orders.length * (n + 1) * d);
  orders.forEach((order, o) => {
    const now = Float64Array.from(reference);
    for (let s = 0; s <= n; s++) {
      if (s > 0) now[active[order[s - 1]]] = x[active[order[s - 1]]];
      rows.set(now, (o * (n + 1) + s) * d);
    }
  });
  const v = evaluate(rows, orders.length * (n + 1)), samples = [];
  for (let i = 0; i < pairs; i++) {
    const share = new Float64Array(n * outputs);
    for (const o of [2 * i, 2 * i + 1]) {
      orders[o].forEach((p, s) => {
        const at = (o * (n + 1) + s) * outputs;
        for (let k = 0; k < outputs; k++) share[p * outputs + k] += (v[at + outputs + k] - v[at + k]) / 2;
      });
    }
    samples.push(share);
  }
  return { samples, base: v.slice(0, outputs), value: v.slice(n * outputs, (n + 1) * outputs) };
}

function shuffled(n, draw) {
  const order = [...Array(n).keys()];
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

// Uniform numbers, the same for one seed (mulberry32).
function uniformDraws(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
