// node verify.mjs F.json... [--map URL=FILE]...
// The judgement of @digitalcredentials/verifier-core on each file, a line of JSON each. It would read addresses from the
// network and goes by the machine's clock; here it reads what --map names and nothing else.
import './webcrypto.mjs';
import {readFileSync} from 'node:fs';

const maps = new Map();
const files = [];
for(let args = process.argv.slice(2); args.length > 0;) {
  const arg = args.shift();
  if(arg === '--map') {
    const text = args.shift() ?? '';
    const cut = text.lastIndexOf('=');
    maps.set(text.slice(0, cut), text.slice(cut + 1));
  } else {
    files.push(arg);
  }
}
if(files.length === 0) {
  console.error('usage: node verify.mjs F.json... [--map URL=FILE]...');
  process.exit(2);
}
globalThis.fetch = async request => {
  const url = typeof request === 'string' ? request : request.url ?? String(request);
  const headers = {'content-type': 'application/json'};
  return maps.has(url) ? new Response(readFileSync(maps.get(url)), {status: 200, headers}) :
    new Response('{}', {status: 404, headers});
};
console.log = console.error; // the package prints while it works
const {verifyCredential} = await import('@digitalcredentials/verifier-core');

for(const file of files) {
  let verdict;
  try {
    const credential = JSON.parse(readFileSync(file, 'utf8'));
    const result = await verifyCredential({credential, knownDIDRegistries: []});
    const steps = (result.log ?? []).filter(step => step.id !== 'registered_issuer');
    const verified = !result.errors?.length && steps.length > 0 && steps.every(step => step.valid === true);
    verdict = {file, verified, reasons: verified ? [] : [result.errors ?? steps].flat().map(
      one => one.message ?? `${one.id}: ${one.valid} ${one.error?.message ?? ''}`)};
  } catch(error) {
    verdict = {file, verified: false, reasons: [error.message]};
  }
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
}
