import { type Answer, emptyAnswer, errorRefusal, jsonAnswer } from './answer.ts';
import { spanOf } from './asked.ts';
import type { Cloud } from './cloud.ts';
import type { Route, View } from './routes.ts';
import type { Row, VolumeType } from './row.ts';
import { shown } from './shown.ts';

export const reads: readonly Route[] = [
  { method: 'GET', path: '/info', name: 'info', open: true, view: info },
  { method: 'GET', path: '/project/*/entities', name: 'entities', view: listing(() => true) },
  {
    method: 'GET',
    path: '/project/*/instances',
    name: 'instances',
    view: listing((row) => row.type === 'instance'),
  },
  {
    method: 'GET',
    path: '/project/*/volumes',
    name: 'volumes',
    view: listing((row) => row.type === 'volume'),
  },
  { method: 'GET', path: '/entity/*', name: 'entity', view: entity },
  { method: 'HEAD', path: '/entity/*', name: 'entity', view: entityExists },
  { method: 'GET', path: '/volume_types', name: 'volume_types', view: volumeTypes },
  { method: 'GET', path: '/volume_type/*', name: 'volume_type', view: volumeType },
];

function info({ rows, settings }: Cloud): Answer {
  const all = rows();
  const active = all.filter((row) => row.end === null);
  const database = { all_entities: all.length, active_entities: active.length };
  return jsonAnswer({ info: { version: '4.1.1.dev4' }, database }, settings.dateFormat);
}

/** Overlap with both ends inclusive, in the order of insertion (sheet 1.5). */
function listing(isKind: (row: Row) => boolean): View {
  return (cloud, [project], asked) => {
    const { start, end } = spanOf(asked);
    const found = cloud
      .rows()
      .filter((row) => row.project === project && isKind(row))
      .filter((row) => row.start <= end && (row.end === null || row.end >= start));
    return shownRows(cloud, found);
  };
}

function entity(cloud: Cloud, [id]: readonly string[]): Answer {
  const found = cloud.rows().filter((row) => row.id === id);
  if (found.length === 0) throw errorRefusal(404, 'Entity not found');
  return shownRows(cloud, found);
}

function entityExists(cloud: Cloud, [id]: readonly string[]): Answer {
  return emptyAnswer(cloud.rows().some((row) => row.id === id) ? 200 : 404);
}

/** @throws Refusal 500 as soon as one row is of a type that the release does not know (sheet 1.10) */
function shownRows(cloud: Cloud, rows: readonly Row[]): Answer {
  const strange = rows.find((row) => row.type === 'network');
  if (strange) throw errorRefusal(500, `Unsupported entity type: "${strange.type}"`);
  const { dateFormat } = cloud.settings;
  return jsonAnswer(
    rows.map((row) => cloud.spoilt(row, shown(row, cloud.form()))),
    dateFormat,
  );
}

function volumeTypes({ table, settings }: Cloud): Answer {
  return jsonAnswer(table.volumeTypes.map(shownType), settings.dateFormat);
}

function volumeType({ table, settings }: Cloud, [id = '']: readonly string[]): Answer {
  const type = table.volumeTypes.find((one) => one.id === id);
  if (type === undefined) throw unknownType(id);
  return jsonAnswer(shownType(type), settings.dateFormat);
}

export function unknownType(id: unknown) {
  return errorRefusal(404, `Unable to find volume_type_id "${String(id)}"`);
}

function shownType({ id, name }: VolumeType) {
  return { volume_type_id: id, volume_type_name: name };
}
