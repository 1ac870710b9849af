import { readdirSync } from 'node:fs';
import { InvalidConfig } from '../lib/errors.ts';
import type { Provider } from '../lib/provider.ts';

/** A provider's room, as the command line finds it: by the name of its folder. */
export interface ProviderRoom {
  readonly provider: Provider<unknown, unknown>;
  /** The text of its default mapping. */
  readonly mapping: string;
}

/** @throws InvalidConfig naming the providers there are. */
export async function loadProvider(name: string): Promise<ProviderRoom> {
  const known = providerNames();
  if (!known.includes(name)) {
    throw new InvalidConfig(`There is no provider "${name}"; there are: ${known.join(', ')}`, {
      code: 'UNKNOWN_PROVIDER',
    });
  }
  return (await import(`../functions/${name}/index.ts`)) as ProviderRoom;
}

/** Every provider ships a default mapping of its name. */
export function providerNames(): string[] {
  const names = readdirSync(mappingsFolder()).filter((file) => file.endsWith('.yaml'));
  return names.map((file) => file.replace(/\.yaml$/, '')).sort();
}

/** Beside `cli/` in a checkout; the bundle stands one or two folders below the package's root. */
function mappingsFolder(): URL {
  for (const place of ['../mappings/', '../../mappings/']) {
    const folder = new URL(place, import.meta.url);
    try {
      readdirSync(folder);
      return folder;
    } catch {}
  }
  throw new InvalidConfig('The folder mappings/ of this installation is missing');
}
