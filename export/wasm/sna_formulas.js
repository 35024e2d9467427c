// sna_formulas.js - slopes of inputs that a formula computes (FORMAT.md section 16), for the chain rule.
// SPDX-License-Identifier: Apache-2.0

/** The formula with what does not depend on x: `reads`, the places of its readings in x; per step of a program the
 * steps it takes (`of`) and room for its value and its share of the slope. `place(term)`: the place of a reading. */
export function preparedFormula(formula, place) {
  const stack = [];
  const terms = formula.terms.map((term, i) => {
    const own = { ...term, at: term.kind < 2 ? place(term) : -1, of: [], value: 0, by: 0 };
    if (formula.formula !== SNA_PROGRAM) return own;
    if (term.kind > 2) own.of = stack.splice(term.index < 7 ? -2 : -1);
    stack.push(i);
    return own;
  });
  return { ...formula, terms, reads: [...new Set(terms.map((t) => t.at))].filter((at) => at >= 0) };
}

/** To by[i], for every i that the formula reads: df/dx_i at x, where the formula gives `value`. */
export function formulaSlopes(formula, x, value, by) {
  const { terms, reads } = formula;
  for (const at of reads) by[at] = 0;
  if (formula.formula === SNA_PROGRAM) return programSlopes(terms, x, by);
  for (const term of terms) {
    const v = x[term.at];
    if (formula.formula === SNA_SUM) by[term.at] += term.number;
    else by[term.at] += v === 0 ? slopeAtZero(formula, term, x) : (value * term.number) / v;
  }
}

const [SNA_SUM, SNA_PROGRAM] = [1, 2];

/** d/dv of constant v^number times the other powers, without a division by v = 0. */
function slopeAtZero({ terms, constant }, term, x) {
  const others = terms.filter((other) => other !== term);
  const rest = others.reduce((product, t) => product * x[t.at] ** t.number, constant * term.number);
  return rest === 0 ? 0 : rest * 0 ** (term.number - 1);
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

/** Forward for the values of the steps, then backward for the slopes by each of them. */
function programSlopes(steps, x, by) {
  const slopes = steps.map((step) => {
    step.by = 0;
    step.value = step.kind === 2 ? step.number : x[step.at];
    if (step.kind < 3) return [];
    const [value, ...own] = SNA_STEPS[step.index](...step.of.map((i) => steps[i].value));
    step.value = value;
    return own;
  });
  steps[steps.length - 1].by = 1;
  for (let s = steps.length - 1; s >= 0; s--) {
    const step = steps[s];
    if (step.by === 0) continue;
    if (step.kind < 2) by[step.at] += step.by;
    step.of.forEach((i, j) => { if (slopes[s][j]) steps[i].by += slopes[s][j] * step.by; }); // which may be infinite
  }
}
