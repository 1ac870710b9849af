import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { awsClients, handlerOf } from './esbuild.mjs';

/**
 * Builds what runs on Lambda into a folder: a bundle for each room, the AWS clients beside them, and what
 * `dispatch`, which knows no provider, must know of all: `providers.json`.
 * @returns the rooms
 */
export async function buildFunctions(root, folder) {
  const rooms = readdirSync(join(root, 'functions'));
  await Promise.all([
    ...rooms.map((room) => build(handlerOf(root, room, folder))),
    build(awsClients(root, folder)),
  ]);
  const require = createRequire(import.meta.url);
  const providers = rooms.flatMap((room) => {
    const { provider } = require(join(folder, `${room}.cjs`));
    if (!provider) return [];
    return [[provider.name, { ...provider.defaults, streams: Object.keys(provider.streams) }]];
  });
  writeFileSync(
    join(folder, 'providers.json'),
    `${JSON.stringify(Object.fromEntries(providers), null, 2)}\n`,
  );
  return rooms;
}
