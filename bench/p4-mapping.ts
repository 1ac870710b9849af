import { type Expression as LibraryExpression, Parser } from 'expr-eval';
import { compile, type Expression } from '../lib/mapping/expression.ts';
import { type Figure, type Row, ratio } from './figure.ts';

const ROUND_MS = 250;
const ROUNDS = 5;
const BATCH = 10_000;

/** The same expression in both languages. */
const expressions = [
  { name: 'product', ours: 'value * 10', theirs: 'value * 10' },
  { name: 'ternary', ours: 'value * 2 IF size > 2 ELSE value', theirs: 'size > 2 ? value * 2 : value' },
  {
    name: 'CASE',
    ours: 'CASE WHEN size > 5 THEN value WHEN cpunumber > 3 THEN value * 3600 ELSE 0 END',
    theirs: 'size > 5 ? value : (cpunumber > 3 ? value * 3600 : 0)',
  },
];

/** Different objects of one shape, as a page of records gives them. */
const records = Array.from({ length: 100 }, (_, index) => ({
  value: 12.5 + index,
  size: index % 7,
  cpunumber: index % 5,
  memory: 2048,
}));

/** Evaluations of ours and of the library, side by side: the rounds alternate, and the best of each counts. */
export const p4: Figure = {
  id: 'P4',
  name: 'mapping evaluation; to reach: 10 times `Parser.evaluate` of expr-eval, which parses every time',
  async measure() {
    const rows = expressions.flatMap(({ name, ours, theirs }): Row[] => {
      const [mine = 0, parsed = 0, text = 0] = best([
        evaluator(compile(ours)),
        evaluator(new Parser().parse(theirs)),
        (record) => Parser.evaluate(theirs, record),
      ]);
      return [
        [`${name}, ours`, perSecond(mine), ratio(mine, text)],
        [`${name}, expr-eval, parsed once`, perSecond(parsed), ratio(parsed, text)],
        [`${name}, expr-eval evaluate`, perSecond(text), ratio(text, text)],
      ];
    });
    return [['', 'evaluations', 'times the library'], ...rows];
  },
};

function perSecond(rate: number): string {
  return `${(rate / 1e6).toFixed(2)} M/s`;
}

type Evaluate = (record: (typeof records)[number]) => number | null;

function evaluator(expression: Expression | LibraryExpression): Evaluate {
  return (record) => expression.evaluate(record);
}

function best(subjects: readonly Evaluate[]): number[] {
  const rates = subjects.map(() => 0);
  for (let round = 0; round < ROUNDS; round += 1) {
    subjects.forEach((subject, index) => {
      rates[index] = Math.max(rates[index] ?? 0, rate(subject));
    });
  }
  return rates.map(Math.round);
}

function rate(evaluate: Evaluate): number {
  const started = performance.now();
  let count = 0;
  let sum = 0;
  while (performance.now() - started < ROUND_MS) {
    for (let turn = 0; turn < BATCH; turn += records.length) {
      for (const record of records) sum += evaluate(record) ?? 0;
    }
    count += BATCH;
  }
  if (!Number.isFinite(sum)) throw new Error('The benchmark evaluated to no number.');
  return (count / (performance.now() - started)) * 1000;
}
