/** What every bundle of this project shares. A mapping travels inside its bundle, as text. */
export const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  loader: { '.yaml': 'text' },
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
