// node nquads.mjs < DATASETS.json
// A JSON array of N-Quads texts in; out a JSON array with the canonical form of each by rdf-canonize (RDFC-1.0).
import {text} from 'node:stream/consumers';
import * as rdfCanonize from 'rdf-canonize';

const answers = [];
for(const dataset of JSON.parse(await text(process.stdin))) {
  answers.push(await rdfCanonize.canonize(dataset, {
    algorithm: 'RDFC-1.0', inputFormat: 'application/n-quads', format: 'application/n-quads', maxDeepIterations: 100000}));
}
process.stdout.write(JSON.stringify(answers));
