import { InvalidCredentials, SyncError } from '../lib/errors.ts';
import type { KeystoneSession, TokenHeader } from '../lib/keystone.ts';
import {
  type KeystoneCredentials,
  type KeystoneSimulator,
  startKeystone,
} from '../simulators/keystone/index.ts';
import { type Random, random } from '../simulators/random.ts';
import { type Design, type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { type Ask, invocation, readTwice } from './r08-reading.ts';
import { type Manners, type PagedService, rowsOf, startPaged } from './r08-service.ts';

/** A way to deal with tokens: ours, or one that is known to be bad. */
type Keeping = (open: () => KeystoneSession) => Ask;

const ours: Keeping = (open) => {
  const session = open();
  return (page, get) => session.authorized((header) => get(header, page));
};

/** Tokens that die on every page of listings that are read by one to three readers at once; logins that are refused. */
export const r08: Proof = {
  id: 'R8',
  name: 'tokens that die on any page: one new login, every row once; credentials that are refused: one login',
  full: 150,
  quick: 2,
  run: (options) => check(ours, options),
  bad: [
    bad('a token is never replaced', (open) => {
      const session = open();
      return async (page, get) => get(await headerOf(session), page);
    }),
    bad(
      'a login for every request',
      (open) => (page, get) => open().authorized((header) => get(header, page)),
    ),
    bad('a login after every 401', (open) => {
      let session = open();
      return async (page, get) => {
        for (let attempt = 1; ; attempt += 1) {
          try {
            return await get(await headerOf(session), page);
          } catch (error) {
            if (!(error instanceof InvalidCredentials) || attempt === 3) throw error;
            session = open();
          }
        }
      };
    }),
    bad(
      'the new token is used once',
      replacing((page) => page, false),
    ),
    bad(
      'the page is lost with the token',
      replacing((page) => page + 1),
    ),
    bad(
      'the listing begins again',
      replacing(() => 1),
    ),
  ],
};

/** Replaces a refused token, and then asks for a page of its own choice. */
function replacing(choose: (page: number) => number, keep = true): Keeping {
  return (open) => {
    let session = open();
    return async (page, get) => {
      try {
        return await get(await headerOf(session), page);
      } catch (error) {
        if (!(error instanceof InvalidCredentials)) throw error;
        const next = open();
        if (keep) session = next;
        return get(await headerOf(next), choose(page));
      }
    };
  };
}

async function headerOf(session: KeystoneSession): Promise<TokenHeader> {
  return { 'X-Auth-Token': (await session.token()).reveal() };
}

function bad(name: string, keeping: Keeping): Design {
  return { name, run: (options) => check(keeping, options) };
}

async function check(keeping: Keeping, { seed, count, enough }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally(enough);
  const figures = { listings: 0, pages: 0, 'tokens that died': 0, 'refused logins': 0 };
  const keystone = await startKeystone({ seed });
  const service = await startPaged(keystone);
  try {
    for (const number of found.cases(count)) {
      for (const trial of trialsOf(keystone, chance)) {
        const seen = await play({ keeping, keystone, service, trial });
        figures.listings += trial.readers;
        figures.pages += service.asked.length;
        figures['tokens that died'] += Math.max(0, seen.logins.length - 1);
        figures['refused logins'] += seen.logins.filter((status) => status !== 201).length;
        const problem = problemOf(trial, seen);
        if (problem) found.violate(`case ${number}, ${trial.name}: ${problem}`);
      }
    }
    return found.outcome(count, figures);
  } finally {
    await service.close();
    await keystone.close();
  }
}

/** One reading, and what must come of it. */
interface Trial {
  readonly name: string;
  readonly credentials: KeystoneCredentials;
  readonly readers: number;
  readonly pages: number;
  /** How often a token may be used, and how many tokens that holds for. */
  readonly uses?: readonly [uses: number, tokens: number];
  readonly manners?: Manners;
  readonly logins: number;
  /** The name of the error; null when all rows come. */
  readonly error: string | null;
}

function trialsOf(keystone: KeystoneSimulator, chance: Random): Trial[] {
  const [readers, pages] = [chance.int(1, 3), chance.int(2, 8)];
  const application = keystone.applicationCredential();
  const credentials = chance.pick([keystone.credentialsOf('member'), application]);
  const plain = { credentials, readers, pages, logins: 1, error: null };
  const dying = Array.from({ length: 2 * readers * pages - 1 }, (_, index): Trial => {
    const uses = index + 1;
    return { ...plain, name: `${readers} readers, dies after ${uses} pages`, uses: [uses, 1], logins: 2 };
  });
  const often = chance.int(1, 3);
  const forbidden = chance.int(1, pages);
  const wrong = chance.pick<KeystoneCredentials>([
    { ...keystone.credentialsOf('member'), password: 'wrong' },
    keystone.credentialsOf(chance.pick(['disabled', 'roleless', 'second-factor'])),
    { ...application, application_credential_secret: 'wrong' },
    { ...application, application_credential_id: 'f'.repeat(32) },
    keystone.applicationCredential('expired'),
  ]);
  return [
    { ...plain, name: 'lives' },
    ...dying,
    {
      ...plain,
      name: `every token dies after ${often} pages`,
      readers: 1,
      uses: [often, 2 * pages],
      logins: Math.ceil((2 * pages) / often),
    },
    { ...plain, name: 'refused credentials', credentials: wrong, error: 'InvalidCredentials' },
    {
      ...plain,
      name: 'a service that refuses all',
      readers: 1,
      manners: { refusesAll: true },
      error: 'InvalidCredentials',
    },
    { ...plain, name: 'a forbidden page', manners: { forbidden }, error: 'InsufficientPermission' },
  ];
}

interface Seen {
  /** For each reader: its rows, or the name of its error. */
  readonly ends: readonly (readonly string[] | string)[];
  readonly logins: readonly number[];
  readonly statuses: readonly number[];
}

interface Play {
  readonly keeping: Keeping;
  readonly keystone: KeystoneSimulator;
  readonly service: PagedService;
  readonly trial: Trial;
}

async function play({ keeping, keystone, service, trial }: Play): Promise<Seen> {
  const before = keystone.logins.length;
  service.begin(trial.pages, trial.manners);
  keystone.expireTokensAfter(...(trial.uses ?? [0, 0]));
  const { http, open } = invocation(trial.credentials, service.url);
  try {
    const ask = keeping(open);
    const read = () =>
      readTwice(ask, http, service.url).catch((error: unknown) =>
        error instanceof SyncError ? error.name : String(error),
      );
    const ends = await Promise.all(Array.from({ length: trial.readers }, read));
    return { ends, logins: keystone.logins.slice(before), statuses: [...service.asked] };
  } finally {
    http.close();
  }
}

function problemOf(trial: Trial, { ends, logins, statuses }: Seen): string | null {
  const { pages, readers, error } = trial;
  const once = Array.from({ length: pages }, (_, index) => rowsOf(index + 1)).flat();
  const expected = JSON.stringify(error ?? [...once, ...once]);
  const wrong = ends.find((end) => JSON.stringify(end) !== expected);
  if (wrong !== undefined) return `a reader came to ${JSON.stringify(wrong).slice(0, 80)}`;
  if (logins.length !== trial.logins) return `${logins.length} logins, expected ${trial.logins}`;
  const answered = (status: number) => statuses.filter((one) => one === status).length;
  if (error === null && answered(200) !== 2 * readers * pages) return `${answered(200)} pages were given`;
  if (error === null && answered(401) > readers * (logins.length - 1)) return 'a dead token was sent again';
  if (error !== null && logins[0] !== 201 && statuses.length > 0)
    return 'something was asked for without a token';
  return null;
}
