// Test Anything Protocol for Node tests: one line a result, the plan at the end.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

let count = 0;
let failed = 0;

// A result that is good unless `body` throws or takes longer than `limit_ms` (a hang, not a speed).
export async function test(name, body, limit_ms = 240000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('nothing happened any more')), limit_ms);
  });
  count += 1;
  try {
    await Promise.race([body(), late]);
    console.log(`ok ${count} ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${count} ${name}`);
    for (const line of String(error.stack ?? error).split('\n')) console.log(`# ${line}`);
  } finally {
    clearTimeout(timer);
  }
}

export function finish() {
  console.log(`1..${count}`);
  process.exit(failed ? 1 : 0); // connections of tests that failed would keep it alive
}

// What tests/node/package.json names; without it the test is skipped.
export function packages() {
  const folder = join(process.env.CROSSCUT_SOURCE, 'build', 'node');
  if (!existsSync(join(folder, 'node_modules'))) {
    console.log('1..0 # SKIP needs build/node (make test-deps)');
    process.exit(0);
  }
  return createRequire(join(folder, 'package.json'));
}
