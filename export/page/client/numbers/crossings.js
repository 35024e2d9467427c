// Where an output equals a target on straight lines: between settings on its two sides, by halving.

const HALVINGS = 44;

// Rows [n * d] with y_k = target, one for each pair of rows (2i, 2i + 1) whose values lie on two sides
// of it; inputs with levels are those of the first row of a pair.
export function crossings(model, inputs, rows, k, target) {
  const d = inputs.length, outputs = model.outputs.length, pairs = Math.floor(rows.length / d / 2);
  const ends = [new Float64Array(pairs * d), new Float64Array(pairs * d)];
  for (let i = 0; i < pairs; i++) {
    for (let n = 0; n < d; n++) {
      ends[0][i * d + n] = rows[2 * i * d + n];
      ends[1][i * d + n] = inputs[n].levels ? rows[2 * i * d + n] : rows[(2 * i + 1) * d + n];
    }
  }
  const above = (table, n) => {
    const y = model.values(table, n);
    return Array.from({ length: n }, (_, i) => y[i * outputs + k] - target);
  };
  const [a, b] = ends.map((table) => above(table, pairs));
  const kept = a.map((_, i) => i).filter((i) => a[i] * b[i] <= 0);
  const low = take(ends[0], kept, d), high = take(ends[1], kept, d), sign = kept.map((i) => Math.sign(a[i]));
  const middle = new Float64Array(low.length);
  for (let step = 0; step < HALVINGS; step++) {
    for (let n = 0; n < low.length; n++) middle[n] = (low[n] + high[n]) / 2;
    const y = above(middle, kept.length);
    y.forEach((v, i) => (Math.sign(v) === sign[i] ? low : high).set(middle.subarray(i * d, (i + 1) * d), i * d));
  }
  return middle;
}

function take(table, kept, d) {
  const found = new Float64Array(kept.length * d);
  kept.forEach((i, to) => found.set(table.subarray(i * d, (i + 1) * d), to * d));
  return found;
}
