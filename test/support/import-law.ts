import { readdirSync } from 'node:fs';

/**
 * The import law of the house: which room may know which. One sentence for each thing that a file does wrong;
 * CONTRIBUTING.md says why.
 */
export function lawBroken(file: string, text: string, imports: readonly string[]): string[] {
  const code = withoutComments(text);
  return rules.flatMap(({ applies, broken }) => (applies(file) ? broken(file, code, imports) : []));
}

interface Rule {
  applies(file: string): boolean;
  broken(file: string, code: string, imports: readonly string[]): string[];
}

/** The one room of functions that is no provider: it starts the others, and knows of none. */
const DISPATCH = 'dispatch';

const providers = readdirSync(new URL('../../functions', import.meta.url)).filter(
  (room) => room !== DISPATCH,
);

/** No input or output, no clock, no environment. */
const pure =
  /^lib\/(interval|grid|plan|cells|time|map|map\/.*|read\/.*|errors|report|report\/.*|http\/retry|keystone\/(catalog|credentials|projects|refusals)|models\/.*|mapping\/.*)\.ts$|\/(normalize|settle|fold|edges|memory|packed|points|usage-types|types|dates|resources|servers|resource-base|resource-types)\.ts$/;

/** The only files of lib that see the machine: its clock, its environment. */
const edges = ['lib/lambda.ts', 'lib/clock.ts', 'lib/deadline.ts'];

const rules: readonly Rule[] = [
  {
    applies: (file) => file.startsWith('functions/'),
    broken: (file, _, imports) => {
      const room = file.split('/')[1];
      const own = file.endsWith('/index.ts');
      const forbidden =
        room === DISPATCH
          ? /^lib\/(sink|sync|run|handler|mapping|provider)\b/
          : own
            ? /^lib\/(sink|state|progress|event)/
            : /^lib\/(sink|state|progress|mapping|event|handler|sync|run)\b/;
      return imports
        .filter(
          (path) => forbidden.test(path) || (path.startsWith('functions/') && path.split('/')[1] !== room),
        )
        .concat(imports.filter((path) => /^(cli|simulators|proof|bench|test)\//.test(path)))
        .map((path) => `${file} may not import ${path}`);
    },
  },
  {
    applies: (file) => file.startsWith('lib/'),
    broken: (file, code, imports) => [
      ...imports
        .filter((path) => /^(functions|cli|simulators|proof|bench|test)\//.test(path))
        .map((path) => `${file} may not import ${path}`),
      ...providers
        .filter((name) => new RegExp(`['"\`]${name}\\b`, 'i').test(code))
        .map((name) => `${file} names ${name}`),
    ],
  },
  {
    applies: (file) => /^(lib|functions)\//.test(file) && !edges.includes(file),
    broken: (file, code) => clockOrEnvironment(code).map((what) => `${file} uses ${what}`),
  },
  {
    applies: (file) => pure.test(file),
    broken: (file, _, imports) =>
      imports
        .filter((path) => /^node:/.test(path) && path !== 'node:crypto' && path !== 'node:timers/promises')
        .map((path) => `${file} is pure and may not import ${path}`),
  },
  {
    applies: (file) => file.startsWith('simulators/'),
    broken: (file, _, imports) =>
      imports
        .filter((path) => /^(functions|cli|proof|test)\//.test(path))
        .map((path) => `${file} may not import ${path}: it would share our mistakes`),
  },
  {
    applies: (file) => /^(lib|functions|cli|simulators)\//.test(file),
    broken: (file, _, imports) =>
      imports
        .filter((path) => /^(test|proof|bench)\//.test(path))
        .map((path) => `${file} may not import ${path}`),
  },
];

function clockOrEnvironment(code: string): string[] {
  const found: [RegExp, string][] = [
    [/\bDate\.now\(\)|\bnew Date\(\)/, 'the system clock'],
    [/\bprocess\.env\b/, 'the environment'],
    [/\bMath\.random\(\)/, 'chance that cannot be seeded'],
  ];
  return found.filter(([pattern]) => pattern.test(code)).map(([, what]) => what);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"])\/\/.*$/gm, '$1');
}
