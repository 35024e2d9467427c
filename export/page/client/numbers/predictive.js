// The distribution of a measurement at given inputs, as the calibration of the model knows it
// (sna_edge.uncertainty.predictive), from the ends of one interval.
//
//   Q(p) = y + q(p) sigma -+ floor, or the same of the linear part
//
// `one` describes an output (export/page/evidence.py): {space, link, scale, offset, quantiles [33],
// floor, lowest, highest (null: none)}; `worth`: {level, rows, least, outputs: [one], correlation}.
import { normalBelow, normalQuantile, evenPoints } from './scatter.js';

const GRID_MIDDLE = 16;

// f of an output y: the linear part, a value at an end of the link taken as the nearest one inside.
export function linearOf(one, y) {
  const g = (y - one.offset) / one.scale;
  if (one.link === 'identity') return g;
  if (one.link === 'exp') return Math.log(Math.max(g, Number.MIN_VALUE));
  const inside = Math.min(Math.max(g, Number.MIN_VALUE), 1 - 2 ** -53);
  return Math.log(inside) - Math.log1p(-inside);
}

// q at a probability p, between the places of the grid.
export function quantileOf(one, p) {
  const at = Math.min(Math.max(GRID_MIDDLE + 2 * Math.log(p / (1 - p)), 0), 32);
  const j = Math.min(Math.floor(at), 31);
  return one.quantiles[j] + (one.quantiles[j + 1] - one.quantiles[j]) * (at - j);
}

// sigma of an output from its value and the ends of its interval at `level`; of the side that the
// range of the link does not cut.
export function sigmaOf(one, value, lower, upper, level) {
  const share = (1 - level) / 2, turned = one.space === 'link' && one.scale < 0;
  return sigmaFrom(one, value, lower, upper, quantileOf(one, share), quantileOf(one, 1 - share), turned);
}

function sigmaFrom(one, value, lower, upper, below, above, turned) {
  const linked = one.space === 'link';
  const first = turned ? upper : lower, last = turned ? lower : upper;
  const low = linked ? linearOf(one, first) : first, high = linked ? linearOf(one, last) : last;
  const cutLow = one.lowest !== null && lower <= one.lowest;
  const cutHigh = one.highest !== null && upper >= one.highest;
  if (cutLow === cutHigh) return (high - low - 2 * one.floor) / (above - below);
  const middle = linked ? linearOf(one, value) : value;
  return cutLow !== turned ? (high - middle - one.floor) / above : (low - middle + one.floor) / below;
}

// Probability of a residual of at most `by`, in the space of the residuals.
function residualShare(one, by, sigma) {
  const q = one.quantiles, middle = q[GRID_MIDDLE] * sigma;
  const within = by < middle ? Math.min(by + one.floor, middle) : Math.max(by - one.floor, middle);
  const z = within / sigma;
  let j = 0;
  if (z >= q[32]) j = 32;
  else if (z >= q[0]) {
    let high = 32;
    while (high - j > 1) {
      const half = (j + high) >> 1;
      if (q[half] <= z) j = half;
      else high = half;
    }
    j += (z - q[j]) / (q[high] - q[j]);
  }
  return 1 / (1 + Math.exp((GRID_MIDDLE - j) / 2));
}

// P(Y <= y) of an output whose value is `value` and whose scale is `sigma`; NaN without a value.
export function belowLimit(one, value, sigma, y, least) {
  if (!(Number.isFinite(value) && Number.isFinite(sigma) && sigma > 0)) return NaN;
  const lowest = one.lowest ?? -Infinity, highest = one.highest ?? Infinity;
  if (y === Infinity || y >= highest) return 1;
  if (y === -Infinity || (one.space === 'link' ? y <= lowest : y < lowest)) return 0;
  const linked = one.space === 'link';
  const by = linked ? linearOf(one, y) - linearOf(one, value) : y - value;
  let p = residualShare(one, by, sigma);
  if (linked && one.scale < 0) p = 1 - p;
  return Math.min(Math.max(p, least), 1 - least);
}

// Y with P(Y <= Y) = p.
export function measurementAt(one, value, sigma, p) {
  const linked = one.space === 'link', share = linked && one.scale < 0 ? 1 - p : p;
  const by = quantileOf(one, share) * sigma + Math.sign(share - 0.5) * one.floor;
  let y = value + by;
  if (linked) {
    const f = linearOf(one, value) + by;
    const g = one.link === 'identity' ? f : one.link === 'exp' ? Math.exp(f) : 1 / (1 + Math.exp(-f));
    y = g * one.scale + one.offset;
  }
  return Math.min(Math.max(y, one.lowest ?? -Infinity), one.highest ?? Infinity);
}

// Limits [lower, upper, target] as two numbers, infinite where there is none; null without both.
export function limitEnds(limits) {
  const number = (v) => typeof v === 'number' && Number.isFinite(v);
  if (!limits || !(number(limits[0]) || number(limits[1]))) return null;
  return [number(limits[0]) ? limits[0] : -Infinity, number(limits[1]) ? limits[1] : Infinity];
}

// Of output k: a function of a row that gives the share at most at `end`.
function belowOf(worth, k, told, end) {
  const one = worth.outputs[k], outputs = worth.outputs.length, turned = one.space === 'link' && one.scale < 0;
  const share = (1 - worth.level) / 2, below = quantileOf(one, share), above = quantileOf(one, 1 - share);
  return (row) => {
    const at = row * outputs + k, value = told.value[at];
    const sigma = sigmaFrom(one, value, told.lower[at], told.upper[at], below, above, turned);
    return belowLimit(one, value, sigma, end, worth.least);
  };
}

// Probability [rows] that all limited outputs lie inside; `told`: intervals at worth.level of the
// rows, `limits` per output. The outputs vary together as their residuals did (Gaussian copula).
export function insideAll(worth, told, rows, limits) {
  const chosen = limits.map((_, k) => k).filter((k) => limitEnds(limits[k])), found = new Float64Array(rows).fill(NaN);
  const sides = chosen.map((k) => limitEnds(limits[k]).map((end) => belowOf(worth, k, told, end)));
  if (sides.length === 1) {
    const [low, high] = sides[0];
    for (let i = 0; i < rows; i++) found[i] = high(i) - low(i);
    return found.map((p) => (p < 0 ? 0 : p));
  }
  const box = sides.length ? boxOf(worth, chosen) : null;
  for (let i = 0; box && i < rows; i++) found[i] = box(sides.map(([low, high]) => [low(i), high(i)]));
  return found;
}

// Shares below and above the limits of output k over rows; a row without a value counts as outside,
// half on each side where there are two.
export function sharesOutside(worth, k, told, rows, ends) {
  const lost = ends.every(Number.isFinite) ? 0.5 : 1;
  const [below, upto] = ends.map((end) => belowOf(worth, k, told, end));
  let low = 0, high = 0;
  for (let i = 0; i < rows; i++) {
    const a = below(i), b = upto(i);
    low += Number.isNaN(a) ? lost : a;
    high += Number.isNaN(b) ? lost : 1 - b;
  }
  const side = (sum, end) => (Number.isFinite(end) ? sum / rows : null);
  return [side(low, ends[0]), side(high, ends[1])];
}

// Pp (both limits), Ppk = min(z(1 - l), z(1 - u)) / 3 and ppm of shares l below and u above, null
// where there is no such limit.
export function capabilityOf(low, high) {
  const z = [low, high].filter((s) => s !== null).map((s) => -normalQuantile(s));
  const found = { Ppk: Math.min(...z) / 3, ppm: 1e6 * ((low ?? 0) + (high ?? 0)) };
  return z.length < 2 ? found : { Pp: (z[0] + z[1]) / 6, ...found };
}

// P(low_k <= Z_k <= high_k for all k) from pairs of cdf values, the outputs `chosen` varying
// together: one after the other, given those before (Genz, J. Comput. Graph. Stat. 1, 1992).
function boxOf(worth, chosen) {
  const n = chosen.length, root = lowerRoot(correlationOf(worth, chosen));
  const count = 256, nodes = evenPoints(count, n - 1).map((u) => 1 - Math.abs(2 * u - 1));
  const known = new Float64Array(n);
  return (pairs) => {
    if (pairs.some(([a, b]) => Number.isNaN(a) || Number.isNaN(b))) return NaN;
    const ends = pairs.map(([a, b]) => [normalQuantile(a), normalQuantile(b)]);
    let sum = 0;
    for (let m = 0; m < count; m++) {
      let share = 1;
      for (let i = 0; i < n && share > 0; i++) {
        let mean = 0;
        for (let j = 0; j < i; j++) mean += root[i][j] * known[j];
        const size = Math.max(root[i][i], 1e-9);
        const a = normalBelow((ends[i][0] - mean) / size), b = normalBelow((ends[i][1] - mean) / size);
        share *= Math.max(b - a, 0);
        if (i < n - 1) known[i] = Math.min(Math.max(normalQuantile(a + nodes[m * (n - 1) + i] * (b - a)), -8), 8);
      }
      sum += share;
    }
    return sum / count;
  };
}

// Correlation [n][n] of the residuals of the outputs `chosen`, turned where their link falls.
function correlationOf(worth, chosen) {
  const at = (i, j) => (i === j ? 1 : worth.correlation[(Math.max(i, j) * (Math.max(i, j) - 1)) / 2 + Math.min(i, j)]);
  const turn = (k) => (worth.outputs[k].space === 'link' && worth.outputs[k].scale < 0 ? -1 : 1);
  return chosen.map((i) => chosen.map((j) => at(i, j) * turn(i) * turn(j)));
}

// Lower triangle L with L L' = c (Cholesky; a pivot below 0 is taken as 0).
function lowerRoot(c) {
  const root = c.map((row) => row.map(() => 0));
  for (let i = 0; i < c.length; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = c[i][j];
      for (let m = 0; m < j; m++) sum -= root[i][m] * root[j][m];
      root[i][j] = i === j ? Math.sqrt(Math.max(sum, 0)) : root[j][j] > 1e-9 ? sum / root[j][j] : 0;
    }
  }
  return root;
}
