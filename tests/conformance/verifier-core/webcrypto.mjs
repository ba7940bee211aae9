// Node 18 has Web Cryptography, but not where browsers have it. Import this first.
import {webcrypto} from 'node:crypto';

globalThis.crypto ??= webcrypto;
