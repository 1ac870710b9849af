import type { KeystoneSimulator } from '../simulators/keystone/index.ts';
import { sendJson, serve } from '../simulators/serve.ts';

/** How the service treats those who ask. */
export interface Manners {
  /** Refuses everybody, as one whose own account at Keystone is broken. */
  readonly refusesAll?: boolean;
  /** Forbids this page to those it knows. */
  readonly forbidden?: number;
}

/** A service behind Keystone with one listing, `/rows?page=n`, pages counted from 1. */
export interface PagedService {
  readonly url: URL;
  /** Whatever was asked of it, with the status that it answered; since the last beginning. */
  readonly asked: readonly number[];
  /** Begins a listing of so many pages. */
  begin(pages: number, manners?: Manners): void;
  close(): Promise<void>;
}

/** The rows of a page. */
export function rowsOf(page: number): string[] {
  return [1, 2, 3].map((row) => `row ${page}.${row}`);
}

export async function startPaged(keystone: KeystoneSimulator): Promise<PagedService> {
  const asked: number[] = [];
  let pages = 0;
  let manners: Manners = {};
  const { origin, close } = await serve(0, (request, _, response) => {
    const page = Number(new URL(request.url ?? '/', 'http://x').searchParams.get('page'));
    const token = request.headers['x-auth-token'];
    const known = !manners.refusesAll && keystone.validate(typeof token === 'string' ? token : undefined);
    const status = !known ? 401 : page === manners.forbidden ? 403 : 200;
    asked.push(status);
    const rows = page <= pages ? rowsOf(page) : [];
    sendJson(response, status, status === 200 ? { rows, next: page < pages ? page + 1 : null } : {});
  });
  return {
    url: new URL(origin),
    asked,
    begin(count, how = {}) {
      pages = count;
      manners = how;
      asked.length = 0;
    },
    close,
  };
}
