// Normal probabilities, evenly spread points, and inputs that scatter around a setting.
//
//   z_i = frac(1/2 + i a),  a_j = g^-(j+1),  g the positive root of g^(U+1) = g + 1
//
// The points and the table are those of sna_edge.numerics (low_discrepancy, normal), so that a
// setting has the same Ppk and ppm here as `sna-edge capability --set` gives.

const NORMAL_REACH = 8, NORMAL_STEPS = 4000;
let normalTable = null;

// P(Z <= z) at 4001 places from -8 to 8, each step integrated by three Gauss points.
function normalPlaces() {
  if (normalTable) return normalTable;
  const h = (2 * NORMAL_REACH) / NORMAL_STEPS, share = new Float64Array(NORMAL_STEPS + 1);
  const density = (z) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  const node = Math.sqrt(0.6);
  share[0] = 6.220960574271785e-16; // P(Z <= -8)
  for (let i = 0; i < NORMAL_STEPS; i++) {
    const middle = -NORMAL_REACH + (i + 0.5) * h;
    const sides = density(middle - (node * h) / 2) + density(middle + (node * h) / 2);
    share[i + 1] = share[i] + (h / 18) * (5 * sides + 8 * density(middle));
  }
  normalTable = share;
  return share;
}

// P(Z <= z), to 1e-6.
export function normalBelow(z) {
  const share = normalPlaces(), at = ((z + NORMAL_REACH) * NORMAL_STEPS) / (2 * NORMAL_REACH);
  if (!(at > 0)) return Number.isNaN(z) ? NaN : share[0];
  if (at >= NORMAL_STEPS) return share[NORMAL_STEPS];
  const i = Math.floor(at);
  return share[i] + (share[i + 1] - share[i]) * (at - i);
}

// z with P(Z <= z) = p; infinite at 0 and 1.
export function normalQuantile(p) {
  if (Number.isNaN(p)) return NaN;
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  const share = normalPlaces(), h = (2 * NORMAL_REACH) / NORMAL_STEPS;
  if (p <= share[0]) return -NORMAL_REACH;
  if (p >= share[NORMAL_STEPS]) return NORMAL_REACH;
  let low = 0, high = NORMAL_STEPS;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (share[middle] <= p) low = middle;
    else high = middle;
  }
  return -NORMAL_REACH + h * (low + (p - share[low]) / (share[low + 1] - share[low]));
}

// Points [count, dimensions] in [0, 1), row by row.
export function evenPoints(count, dimensions) {
  let root = 2;
  for (let i = 0; i < 64; i++) root = (1 + root) ** (1 / (dimensions + 1));
  const found = new Float64Array(count * dimensions);
  for (let j = 0; j < dimensions; j++) {
    const rate = (1 / root) ** (j + 1);
    for (let i = 0; i < count; i++) found[i * dimensions + j] = (0.5 + (i + 1) * rate) % 1;
  }
  return found;
}

// Rows [count, D] around the setting x [D]; `scatter` [{input, kind, size}]: the standard deviation
// of a normal input, or the half-width of a uniform one, size > 0.
export function aroundSetting(x, scatter, count) {
  const rows = new Float64Array(count * x.length), moved = scatter.filter((s) => s.size > 0);
  const points = evenPoints(count, Math.max(moved.length, 1));
  for (let i = 0; i < count; i++) rows.set(x, i * x.length);
  moved.forEach(({ input, kind, size }, j) => {
    for (let i = 0; i < count; i++) {
      const u = points[i * moved.length + j];
      rows[i * x.length + input] += size * (kind === 'uniform' ? 2 * u - 1 : normalQuantile(u));
    }
  });
  return rows;
}

// A column of numbers as counts between the edges [n + 1]; what lies beyond is left out.
export function histogramOf(values, edges) {
  const counts = new Float64Array(edges.length - 1), n = counts.length;
  const low = edges[0], width = (edges[n] - low) / n;
  for (const v of values) {
    const i = v === edges[n] ? n - 1 : Math.floor((v - low) / width);
    if (i >= 0 && i < n) counts[i] += 1;
  }
  return counts;
}
