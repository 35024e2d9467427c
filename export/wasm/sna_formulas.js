// sna_formulas.js - slopes of inputs that a formula computes (FORMAT.md section 16), for the chain rule.
// SPDX-License-Identifier: Apache-2.0

/** df/dx_i [n] of a formula at x [n] of what is asked. `place(term)`: the place of a reading in x. */
export function formulaSlopes(formula, x, place) {
  if (formula.formula === 2) return programSlopes(formula.terms, x, place);
  const slopes = new Float64Array(x.length);
  for (const term of formula.terms) {
    const rest = formula.terms.filter((other) => other !== term);
    const power = (t) => x[place(t)] ** t.number;
    const by = formula.formula === 1
      ? term.number
      : rest.reduce((product, t) => product * power(t), formula.constant * term.number * x[place(term)] ** (term.number - 1));
    slopes[place(term)] += by;
  }
  return slopes;
}

// index of the operation: [value, slopes by its two operands] of a and b
const SNA_STEPS = [
  (a, b) => [a + b, 1, 1],
  (a, b) => [a - b, 1, -1],
  (a, b) => [a * b, b, a],
  (a, b) => [a / b, 1 / b, -a / (b * b)],
  (a, b) => [a ** b, b === 0 ? 0 : b * a ** (b - 1), a > 0 ? a ** b * Math.log(a) : 0],
  (a, b) => (b < a ? [b, 0, 1] : [a, 1, 0]),
  (a, b) => (b > a ? [b, 0, 1] : [a, 1, 0]),
  (a) => [-a, -1],
  (a) => [Math.sqrt(a), 0.5 / Math.sqrt(a)],
  (a) => [Math.exp(a), Math.exp(a)],
  (a) => [Math.log(a), 1 / a],
  (a) => [Math.abs(a), Math.sign(a)],
];

function programSlopes(steps, x, place) {
  const stack = [];
  for (const step of steps) {
    const slopes = new Float64Array(x.length);
    if (step.kind === 2) {
      stack.push([step.number, slopes]);
    } else if (step.kind < 2) {
      slopes[place(step)] = 1;
      stack.push([x[place(step)], slopes]);
    } else {
      const operands = stack.splice(step.index < 7 ? -2 : -1);
      const [value, ...by] = SNA_STEPS[step.index](...operands.map(([v]) => v));
      operands.forEach(([, s], j) => s.forEach((d, i) => { if (d !== 0) slopes[i] += by[j] * d; }));
      stack.push([value, slopes]);
    }
  }
  return stack[0][1];
}
