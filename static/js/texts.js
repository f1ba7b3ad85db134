// What the scripts say, in the page's language: Django's `gettext` and `ngettext`. Where that is not English, its catalogue
// was loaded before this (base.html); English stands in the scripts themselves.
globalThis.gettext ??= (text) => text;
globalThis.ngettext ??= (one, many, count) => (count === 1 ? one : many);
globalThis.filled = (text, parts) => text.replace(/\{(\w+)\}/g, (whole, name) => parts[name] ?? whole); // {name} -> its part
globalThis.grouped = (number) => number.toLocaleString("en-US"); // as the pages write numbers in every language
