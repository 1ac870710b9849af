#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { callCommand } from './call.ts';
import { checkCommand } from './check.ts';
import { exitCode, refuse } from './exit.ts';
import { explainCommand } from './explain.ts';
import { invoke } from './invoke.ts';
import { lintMappings, testMappings } from './mappings.ts';
import { newProvider } from './new-provider.ts';
import { planCommand } from './plan.ts';
import { schemasCommand } from './schemas.ts';
import { simulate } from './simulate.ts';
import { start } from './start.ts';
import { statusCommand } from './status.ts';
import { syncCommand } from './sync.ts';

// What the AWS SDK thinks of this version of Node is not what was asked for.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const program = new Command('usage-sync')
  .description('Reads usage from private clouds and delivers it, proved, to a cloud management platform.')
  .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
  .exitOverride();

const repeat = (value: string, before: string[]) => [...before, value];

/** Every command ends by its exit code; what it throws did not begin. */
function runs<Arguments extends unknown[]>(command: (...args: Arguments) => Promise<number>) {
  return async (...args: Arguments) => {
    process.exitCode = await command(...args);
  };
}

program
  .command('invoke')
  .description('Run one handler as the platform would; prints {value, logs, error}.')
  .argument('<handler>', 'for example cloudstack.getMetrics')
  .requiredOption('--event <event>', 'a file, - for standard input, or JSON')
  .option('--now <time>', 'hold the planning clock, RFC 3339')
  .option('--mapping <file>', "a mapping in place of the provider's own")
  .option('--record <dir>', 'keep every exchange with the provider there, without secrets')
  .option('--replay <dir>', 'answer from recordings, with no network')
  .option('--debug', 'show the stack of every error')
  .action(runs(invoke));

program
  .command('sync')
  .description('Run the accounts that are due until they are caught up.')
  .requiredOption('--accounts <file>', 'the accounts file')
  .option('--account <id>', 'only this account; may be repeated', repeat, [])
  .option('--stream <name>', 'only this stream; may be repeated', repeat, [])
  .option('--from <time>', 'read again from here, widened to whole cells …')
  .option('--to <time>', '… up to here, and say what changed')
  .option('--out <dir>', 'where cells, state and reports go', './usage-data')
  .option('--sink <address>', 'where cells go, in place of --out: file:DIR, s3://BUCKET/PREFIX, cmp:')
  .option('--state <address>', 'where progress is kept, in place of --out: file:DIR')
  .option('--now <time>', 'hold the planning clock, RFC 3339')
  .option('--fresh-first', 'work from the newest cell backwards')
  .option('--budget <seconds>', 'stop when so much time is used, keep what is complete, and exit 4')
  .option('--regrid', 'rewrite the history on a grid that changed')
  .option('--retry-now', 'try although a former failure asks to wait')
  .option('--json', 'print the result as JSON')
  .option('--verbose', 'log everything to stderr')
  .action(runs(syncCommand));

program
  .command('plan')
  .description('Show the cells that are due, and why.')
  .requiredOption('--accounts <file>', 'the accounts file')
  .option('--account <id>', 'only this account; may be repeated', repeat, [])
  .option('--from <time>', 'plan to read again from here …')
  .option('--to <time>', '… up to here')
  .option('--out <dir>', 'where the state is', './usage-data')
  .option('--state <address>', 'where progress is kept, in place of --out: file:DIR')
  .option('--now <time>', 'hold the planning clock, RFC 3339')
  .option('--json', 'print the result as JSON')
  .action(runs(planCommand));

program
  .command('check')
  .description('Ask whether credentials and permissions are good, and what is missing.')
  .requiredOption('--accounts <file>', 'the accounts file')
  .option('--account <id>', 'only this account; may be repeated', repeat, [])
  .option('--json', 'print the result as JSON')
  .action(runs(checkCommand));

program
  .command('status')
  .description('Show how far every account has come; exits 1 when a lag exceeds --max-lag.')
  .requiredOption('--accounts <file>', 'the accounts file')
  .option('--account <id>', 'only this account; may be repeated', repeat, [])
  .option('--max-lag <seconds>', 'the longest lag that is well')
  .option('--out <dir>', 'where the state is', './usage-data')
  .option('--state <address>', 'where progress is kept, in place of --out: file:DIR')
  .option('--now <time>', 'hold the planning clock, RFC 3339')
  .option('--json', 'print the result as JSON')
  .action(runs(statusCommand));

program
  .command('explain')
  .description('Show how one raw record becomes metrics.')
  .requiredOption('--provider <name>', 'for example cloudstack')
  .requiredOption('--record <file>', 'a raw record, a whole response, a recording, lines of the quarantine')
  .option('--mapping <file>', "a mapping in place of the provider's own")
  .option('--index <n>', 'which record of the file, from 0')
  .option('--json', 'print the result as JSON')
  .action(runs(explainCommand));

program
  .command('call')
  .description('Call one documented operation of a provider by its own name.')
  .argument('<provider>', 'for example cloudstack')
  .argument('<operation>', 'for example listVirtualMachines')
  .argument('[parameters...]', 'name=value')
  .requiredOption('--accounts <file>', 'the accounts file')
  .requiredOption('--account <id>', 'whose credentials are used')
  .option('--columns <names>', 'the columns of the table, with commas between them')
  .option('--allow-writes', 'allow what may change something at the provider')
  .option('--json', 'print the result as JSON')
  .action(runs(callCommand));

const mappings = program.command('mappings').description('Check mapping files.');

mappings
  .command('lint')
  .description('Show every problem with its file, line, column and key.')
  .argument('<files...>', 'mapping files')
  .option('--json', 'print the result as JSON')
  .action(runs(lintMappings));

mappings
  .command('test')
  .description('Evaluate cases {expr, vars, result | error}.')
  .argument('<files...>', 'case files, JSON')
  .option('--json', 'print the result as JSON')
  .action(runs(testMappings));

program
  .command('simulate')
  .description(
    'Start a simulated cloud (or cmp) on 127.0.0.1; its first line tells its address and credentials.',
  )
  .argument('<provider>', 'for example cloudstack')
  .option('--port <n>', 'the port; any free one by default', '0')
  .option('--seed <n>', 'the seed of its history', '1')
  .option('--fault <name>', 'a fault to inject; may be repeated', repeat, [])
  .action(runs(simulate));

program
  .command('schemas')
  .description('Print the JSON Schemas of accounts and mapping files, for editors.')
  .option('--out <dir>', 'write each to a file there instead')
  .action(runs(schemasCommand));

program
  .command('new')
  .description('Begin something new in a checkout.')
  .command('provider')
  .description('Write a tiny provider that works: its room, mapping, simulator and contract call.')
  .argument('<name>', 'a to z and digits, for example atlas')
  .option('--in <dir>', 'the root of the checkout; the current folder by default')
  .action(runs(newProvider));

program
  .command('start')
  .description('Sync from simulated clouds into ./usage-data: the whole thing at a glance.')
  .option('--out <dir>', 'where cells, state and reports go', './usage-data')
  .action(runs(start));

// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what is wrong; asking for help is not wrong.
  process.exitCode =
    error instanceof CommanderError ? (error.exitCode === 0 ? exitCode.ok : exitCode.usage) : refuse(error);
}
