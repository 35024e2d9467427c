// What a contour map shows: one number per node of a grid over two inputs, the others as they are set.
import { insideAll, limitEnds } from './predictive.js';

// Places along an input: its levels, or `count` even ones from end to end.
export function placesAlong(input, count) {
  if (input.levels) return Float64Array.from(input.levels, (_, i) => i);
  return Float64Array.from({ length: count }, (_, i) => input.lower + ((input.upper - input.lower) * i) / (count - 1));
}

// Rows [ny * nx, D], x running fastest, of a setting with inputs `a` at xs and `b` at ys.
export function gridRows({ setting, a, b, xs, ys }) {
  const d = setting.length, rows = new Float64Array(xs.length * ys.length * d);
  let at = 0;
  for (let j = 0; j < ys.length; j++) {
    for (let i = 0; i < xs.length; i++, at += d) {
      rows.set(setting, at);
      rows[at + a] = xs[i];
      rows[at + b] = ys[j];
    }
  }
  return rows;
}

const columnOf = (table, k, outputs) => {
  const n = table.length / outputs, found = new Float64Array(n);
  for (let i = 0; i < n; i++) found[i] = table[i * outputs + k];
  return found;
};

// {shown [n], value [n * outputs]} on a grid {setting, a, b, xs, ys}. `what`: 'value', 'width' (of the interval at `level`),
// 'inside' (probability that all limited outputs lie inside) or 'familiarity'.
export function fieldOf(model, worth, what, grid, k, level, limits) {
  const outputs = model.outputs.length, n = grid.xs.length * grid.ys.length;
  const rows = what === 'value' ? null : gridRows(grid);
  if (what === 'value' || what === 'familiarity') {
    const value = model.grid(grid.setting, grid.a, grid.b, grid.xs, grid.ys);
    return { value, shown: rows ? model.familiarities(rows, n) : columnOf(value, k, outputs) };
  }
  if (what === 'inside') {
    const told = model.intervals(rows, n, worth.level);
    return { value: told.value, shown: insideAll(worth, told, n, limits) };
  }
  const told = model.intervals(rows, n, level ?? undefined);
  const low = columnOf(told.lower, k, outputs), high = columnOf(told.upper, k, outputs);
  return { value: told.value, shown: high.map((v, i) => v - low[i]) };
}

// How far inside the limits the nearest of them is [n], in shares of the spread of its output over
// these rows: 0 at the border of the region inside. Null where no output has limits.
export function marginOf(value, outputs, limits) {
  const n = value.length / outputs, found = new Float64Array(n).fill(Infinity);
  let some = false;
  limits.forEach((given, k) => {
    const ends = limitEnds(given);
    if (!ends) return;
    some = true;
    const column = columnOf(value, k, outputs), [low, high] = finiteEnds(column);
    const size = high - low || 1;
    for (let i = 0; i < n; i++) found[i] = Math.min(found[i], (column[i] - ends[0]) / size, (ends[1] - column[i]) / size);
  });
  return some ? found : null;
}

// Smallest and largest finite number; [0, 1] where there is none.
export function finiteEnds(values) {
  let low = Infinity, high = -Infinity;
  for (const v of values) {
    if (v < low && v > -Infinity) low = v;
    if (v > high && v < Infinity) high = v;
  }
  return high >= low ? [low, high] : [0, 1];
}
