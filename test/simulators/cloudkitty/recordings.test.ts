import { describe, expect, it } from 'vitest';
import type { Role } from '../../../simulators/cloudkitty/options.ts';
import { recordedGroups } from '../../functions/cloudkitty/recorded.ts';
import { asker, started } from './caller.ts';

/** The recorded projects, and those of ours in their places. */
const projects: Readonly<Record<string, string>> = {
  f30750f0a09d4d46a7900232b6616038: 'alpha',
  '0190bd65ee70419b92937d7ec5692987': 'beta',
  dff530bd7ff349bab2425afd19f1964d: 'gamma',
};
/** Who asked, as far as the name of an exchange tells; everybody else was ck-alice of alpha, or an administrator. */
const admins = /admin|project-admin/;
const members = /member|reader|alice|bob/;

const { all, fixtures } = recordedGroups();
const groups = all.length > 0 ? all : fixtures;

interface Case {
  readonly name: string;
  readonly role: Role;
  readonly storage: 'v1' | 'v2';
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

/** Calls that read, and say the same of themselves on any cloud. */
const cases = ['10-root-and-auth', '12-v1-info', '13-v1-rating', '33-v2-scope', '34-v2-rating'].flatMap(
  (group) =>
    (groups.find((one) => one.group === group)?.exchanges ?? [])
      .filter(({ request }) => request.method === 'GET')
      // Other tokens, other forms of answers: what a client of ours never sends.
      .filter(
        ({ name }) =>
          !/token|Accept|XML|xml|unscoped|header|defaults|reload|after|trailing slash v1/i.test(name),
      )
      .map(({ name, request, response, server }): Case => {
        const isMember = members.test(name) && !admins.test(name);
        return {
          name: `${group}: ${name}`,
          role: isMember ? 'member' : 'admin',
          storage: server === 'v1storage' ? 'v1' : 'v2',
          method: request.method,
          path: request.path,
          status: response.status,
          body: response.bodyText ?? '',
        };
      }),
);

/** The names that a JSON answer has, however deep; lists by their first element. */
function shapeOf(text: string): unknown {
  try {
    return shape(JSON.parse(text));
  } catch {
    return /^\s*</.test(text) ? 'a page' : 'a text';
  }
}

function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value;
  const entries = Object.entries(value).map(([name, inner]) => [name, shape(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('what was recorded', () => {
  it('is enough to compare with', () => expect(cases.length).toBeGreaterThan(40));

  it.each(cases)('$name: $path is answered alike', async ({ role, storage, method, path, status, body }) => {
    const cloud = await started({ storage });
    const ask = await asker(cloud, role);
    const ours = path.replace(/[0-9a-f]{32}/g, (id) => {
      const own = cloud.projects.find(({ name }) => name === projects[id]);
      return own?.id ?? id;
    });
    const told = await ask(ours, method);
    expect(told.status).toBe(status);
    // The operator's own configuration is not the recorded one.
    if (!/\/v1\/info\/config$/.test(path)) expect(shapeOf(told.text)).toEqual(shapeOf(body));
  });
});
