import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What every bundle of this project shares. Mappings and templates travel inside their bundle, as text. */
export const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  loader: { '.yaml': 'text', '.txt': 'text' },
  mainFields: ['module', 'main'],
  legalComments: 'none',
  logLevel: 'warning',
};

/** CommonJS dependencies inside an ES module bundle still call `require`. */
export const esm = {
  format: 'esm',
  banner: {
    js: "import { createRequire as $require } from 'node:module'; const require = $require(import.meta.url);",
  },
};

/** A handler of a room: one CommonJS file, which loads the AWS clients from beside it only when one is configured. */
export function handlerOf(root, room, folder) {
  return {
    ...shared,
    format: 'cjs',
    minify: true,
    absWorkingDir: root,
    entryPoints: [`functions/${room}/index.ts`],
    outfile: join(folder, `${room}.cjs`),
    plugins: [awsBeside],
  };
}

/**
 * Of the AWS clients what our sources name; what they share is there once. One flat module: parts that are evaluated
 * one by one could not be freed of what nobody uses, and would be twice as large.
 */
export function awsClients(root, folder) {
  const names = awsNames(join(root, 'lib'));
  const parts = [...names.keys()].map((name) => `export * as '${name}' from 'aws:${name}';`);
  return {
    ...shared,
    format: 'cjs',
    minify: true,
    absWorkingDir: root,
    stdin: { contents: parts.join(''), resolveDir: root },
    outfile: join(folder, 'aws.cjs'),
    // Which Node runs is the deployer's to decide; what the SDK thinks of it would be in every log.
    banner: { js: "process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';" },
    // Where keys come from on a laptop; on Lambda they are in the environment.
    external: ['ini', 'sso', 'process', 'login', 'web-identity'].map(
      (way) => `@aws-sdk/credential-provider-${way}`,
    ),
    plugins: [awsOf(root, names)],
  };
}

const awsBeside = {
  name: 'aws-beside',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/client-/ }, ({ path }) => ({ path, namespace: 'aws-beside' }));
    build.onResolve({ filter: /^\.\/aws\.cjs$/, namespace: 'aws-beside' }, ({ path }) => ({
      path,
      external: true,
    }));
    build.onLoad({ filter: /.*/, namespace: 'aws-beside' }, ({ path }) => ({
      contents: `module.exports = require('./aws.cjs')['${path}'];`,
    }));
  },
};

function awsOf(root, names) {
  return {
    name: 'aws-of',
    setup(build) {
      build.onResolve({ filter: /^aws:/ }, ({ path }) => ({ path: path.slice(4), namespace: 'aws-of' }));
      build.onLoad({ filter: /.*/, namespace: 'aws-of' }, ({ path }) => ({
        contents: `export { ${[...names.get(path)].join(', ')} } from '${path}';`,
        resolveDir: root,
      }));
    },
  };
}

/** Client package → the values that our sources import from it: all of a client would be three times as much. */
function awsNames(folder) {
  const names = new Map();
  for (const file of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, list, from] of text.matchAll(/import \{([^}]*)\} from '(@aws-sdk\/client-[a-z0-9-]+)'/g)) {
      const values = list.split(',').map((name) => name.trim());
      const known = names.get(from) ?? new Set();
      names.set(from, known);
      for (const name of values) if (name !== '' && !name.startsWith('type ')) known.add(name);
    }
  }
  return names;
}
