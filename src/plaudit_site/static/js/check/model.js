// Is everything there that an Open Badge must have? The JSON Schema that our library makes of its data model decides.
(() => {
  const { Unknown, isObject, parseDate } = plaudit;

  const TYPES = {
    array: Array.isArray,
    boolean: (value) => typeof value === "boolean",
    integer: Number.isInteger,
    number: (value) => typeof value === "number",
    object: isObject,
    string: (value) => typeof value === "string",
  };
  const FORMATS = {
    date: (value) => parseDate(`${value}T00:00:00Z`) !== null,
    "date-time": (value) => parseDate(value) !== null,
    iri: (value) => /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i.test(value),
  };

  const KEYWORDS = {
    $ref: (value, name, root) => misfit(value, root.$defs[name.replace("#/$defs/", "")], root),
    additionalProperties: (value, allowed, root, schema) =>
      allowed === false && isObject(value) ? Object.keys(value).find((name) => !(name in (schema.properties ?? {}))) : "",
    allOf: (value, schemas, root) => schemas.map((one) => misfit(value, one, root)).find(Boolean),
    anyOf: (value, schemas, root) => (schemas.some((one) => !misfit(value, one, root)) ? "" : "none of the forms it may have"),
    contains: (value, schema, root) => (!Array.isArray(value) || value.some((one) => !misfit(one, schema, root)) ? "" : "not what it must hold"),
    enum: (value, allowed) => (allowed.includes(value) ? "" : String(value)),
    format: (value, name) => (typeof value !== "string" || FORMATS[name]?.(value) ? "" : name),
    items: (value, schema, root) => {
      if (!Array.isArray(value)) return "";
      return value.map((one, i) => misfit(one, Array.isArray(schema) ? (schema[i] ?? {}) : schema, root)).find(Boolean);
    },
    minItems: (value, least) => (!Array.isArray(value) || value.length >= least ? "" : "too few"),
    pattern: (value, pattern) => (typeof value !== "string" || new RegExp(pattern, "u").test(value) ? "" : String(value)),
    properties: (value, schemas, root) => {
      if (!isObject(value)) return "";
      for (const [name, schema] of Object.entries(schemas)) {
        const found = name in value ? misfit(value[name], schema, root) : "";
        if (found) return `${name}: ${found}`;
      }
      return "";
    },
    required: (value, names) => (isObject(value) ? names.find((name) => !(name in value)) : ""),
    type: (value, names) => ([names].flat().some((name) => TYPES[name](value)) ? "" : `no ${names}`),
  };
  const TITLES = ["$schema", "$defs", "title"];

  // Where a value does not fit a schema; "" when it does. A keyword that is not known fits nothing.
  const misfit = (value, schema, root) => {
    for (const [name, wanted] of Object.entries(schema)) {
      if (TITLES.includes(name)) continue;
      const found = KEYWORDS[name] ? KEYWORDS[name](value, wanted, root, schema) : `the keyword ${name}`;
      if (found) return found;
    }
    return "";
  };

  // The schema is the strict form, in which we sign. Others may write a badge otherwise and be right.
  const fit = (document, schema) => {
    const { proof: _proof, ...unsecured } = document;
    const found = misfit(unsecured, schema, schema);
    if (found) throw new Unknown(`not written in the standard's strict form: ${found}`);
  };

  Object.assign(plaudit, { fit });
})();
