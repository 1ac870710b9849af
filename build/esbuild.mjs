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
