-- What the provider has told an application server is going to happen to its machine: its users are moved away before. None as a rule.
alter table instance_lease add column notice text;
