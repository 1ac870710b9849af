import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { signedQuery } from '../functions/cloudstack/signature.ts';
import { DAY } from '../lib/time.ts';
import { measured } from './processes.ts';
import { type Credentials, type FloorReading, START } from './scene.ts';

const PAGE = 500;

/** What cannot be left out, one page after another: fetch it, parse it, write the lines. */
export function readBarely(reading: FloorReading): Promise<void> {
  const { bytes, cells, credentials, folder, lines, records } = reading;
  const agent = new http.Agent({ keepAlive: true });
  const line = `${'x'.repeat(Math.round(bytes / lines) - 1)}\n`;
  return measured(async () => {
    let parsed = 0;
    let written = 0;
    for (let cell = 0; cell < cells; cell += 1) {
      const text: string[] = [];
      for (let page = 1; (page - 1) * PAGE < records / cells; page += 1) {
        const rows = await fetchRows(agent, credentials, cell, page);
        parsed += rows;
        const due = Math.floor((parsed / records) * lines) - written;
        for (let at = 0; at < due; at += 1) text.push(line);
        written += due;
      }
      writeFileSync(join(folder, `floor-${cell}`), text.join(''));
    }
    agent.destroy();
    return {};
  });
}

function fetchRows(agent: http.Agent, credentials: Credentials, cell: number, page: number): Promise<number> {
  const date = (instant: number) => `${new Date(instant).toISOString().slice(0, 19)}+0000`;
  const parameters = {
    command: 'listUsageRecords',
    startdate: date(START + cell * DAY),
    enddate: date(START + (cell + 1) * DAY - 1000),
    page: String(page),
    pagesize: String(PAGE),
  };
  const keys = { apiKey: credentials.api_key, secretKey: credentials.secret_key, algorithm: 'sha1' as const };
  const url = `${credentials.url}?${signedQuery(parameters, keys, Date.now())}`;
  return new Promise((resolve, reject) => {
    http
      .get(url, { agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(rowsIn(Buffer.concat(chunks).toString())));
      })
      .on('error', reject);
  });
}

function rowsIn(text: string): number {
  return JSON.parse(text).listusagerecordsresponse.usagerecord?.length ?? 0;
}
