// What the model answers at a setting, and which answers are none.

// {value, lower, upper, status, familiarity} at the setting.
export function answerAt(app) {
  const found = app.model.interval(app.setting, app.level ?? undefined);
  const told = found.status && !isRefusal(found.status) ? app.model.familiarity(app.setting) : null;
  return { ...found, familiarity: told };
}

const REFUSALS = ['out_of_domain', 'bad_input', 'not_converged', 'unsupported', 'corrupt', 'not_verified'];

// Whether a status means that there is no value.
export function isRefusal(status) {
  return REFUSALS.includes(status);
}

// The model, whose outputs of several labels answer with their shares, as those of `sna-edge query`; what
// searches over other values is left out.
export function withShares(model, about) {
  if (!about.classes.some((one) => one.kind === 'several')) return model;
  const { value, values, grid, interval, intervals } = model;
  const shares = (found) => asShares({ model, about }, found);
  const told = (found) => ({ ...found, value: shares(found.value) });
  return Object.assign(model, {
    value: (...given) => shares(value.apply(model, given)), values: (...given) => shares(values.apply(model, given)),
    grid: (...given) => shares(grid.apply(model, given)),
    interval: (...given) => told(interval.apply(model, given)), intervals: (...given) => told(intervals.apply(model, given)),
    roots: null, nearestSetting: null,
  });
}

// Values [rows * K] in which outputs of several labels are their shares, in place.
function asShares(app, value) {
  const outputs = app.model.outputs.length;
  for (const { kind, outputs: places } of app.about.classes) {
    if (kind !== 'several') continue;
    for (let row = 0; row < value.length; row += outputs) {
      const sum = places.reduce((total, k) => total + value[row + k], 0);
      for (const k of places) value[row + k] /= sum;
    }
  }
  return value;
}
