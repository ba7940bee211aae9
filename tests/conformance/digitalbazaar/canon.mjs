// node canon.mjs < DOCUMENTS.json
// A JSON array of documents in; out a JSON array with, for each, the canonical N-Quads of jsonld.js in safe mode,
// {"nquads": "…"}, or why it refuses, {"error": "…"}.
import {text} from 'node:stream/consumers';
import jsonld from 'jsonld';
import {contextLoader} from './loading.mjs';

const answers = [];
for(const document of JSON.parse(await text(process.stdin))) {
  try {
    const nquads = await jsonld.canonize(document, {
      algorithm: 'RDFC-1.0', format: 'application/n-quads', safe: true, documentLoader: contextLoader});
    answers.push({nquads});
  } catch(error) {
    answers.push({error: `${error.message} ${error.details?.event?.code ?? ''}`});
  }
}
process.stdout.write(JSON.stringify(answers));
