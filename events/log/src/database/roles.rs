//! The roles that servers connect with: one for login servers, one for application servers, each with what it has to do and no more. Whoever
//! owns the tables makes them at every start of a login server.

use std::fmt;

use postgres_protocol::password::scram_sha_256;
use sha2::{Digest, Sha256};
use tenfold_core::token::TokenKey;

use super::{Client, Database, DatabaseError, Failure, address, in_words};
use crate::locks;
use crate::operational::{identity, setting};
use tenfold_core::hexadecimal::hexadecimal;

const RIGHTS: &str = include_str!("../../sql/schema/roles.sql");
/// What Postgres keeps of a name.
const LONGEST_NAME: usize = 63;

/// A role and its password. Its debug form hides that.
#[derive(Clone)]
pub struct Role {
    name: String,
    password: String,
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Role({})", self.name)
    }
}

/// The roles of a database's servers.
#[derive(Clone, Debug)]
pub struct Roles {
    /// Of login servers.
    pub login: Role,
    /// Of application servers.
    pub app: Role,
}

impl Roles {
    /// Roles are the whole cluster's, so theirs are called after the database. What their passwords are made of only login servers have, so that
    /// all of them know both, and an application server only its own.
    fn of(database: &str, key: &TokenKey) -> Roles {
        let role = |server: &str| {
            let mut name = match database {
                "tenfold" => format!("tenfold_{server}"),
                _ => format!("tenfold_{server}_{database}"),
            };
            name.truncate(name.floor_char_boundary(LONGEST_NAME));
            let password = key.role_password(&name);
            Role { name, password }
        };
        Roles {
            login: role("login"),
            app: role("app"),
        }
    }

    fn both(&self) -> [&Role; 2] {
        [&self.login, &self.app]
    }

    /// What tells whether the roles were made with these passwords and rights, and the rights given in this database.
    fn fingerprint(&self, identity: &str) -> String {
        let mut digest = Sha256::new().chain_update(RIGHTS).chain_update(identity);
        for role in self.both() {
            digest = digest.chain_update(&role.name).chain_update(&role.password);
        }
        hexadecimal(&digest.finalize()[..16])
    }

    fn statements(&self, schema: &str) -> String {
        let [login, app] = self.both().map(|role| quoted(&role.name));
        let made = self.both().map(Role::made);
        let rights = RIGHTS
            .replace("{schema}", schema)
            .replace("{login}", &login)
            .replace("{app}", &app);
        // So that the owner sees what their sessions do, and can end them.
        format!("{}{rights}\ngrant {login}, {app} to current_user;", made.concat())
    }
}

impl Role {
    /// `url` with this role and its password in place of those that it names.
    pub fn url(&self, url: &str) -> String {
        address::for_role(url, &self.name, &self.password)
    }

    /// What it is made with. The password itself does not cross the connection, nor get into a log of statements.
    fn made(&self) -> String {
        let (name, verifier) = (quoted(&self.name), scram_sha_256(self.password.as_bytes()));
        let literal = self.name.replace('\'', "''");
        format!(
            "do $$ begin if not exists (select from pg_roles where rolname = '{literal}') then create role {name}; end if; end $$;
             alter role {name} login password '{verifier}';\n"
        )
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Database {
    /// Makes the roles of the database's servers, or gives those that are there what this build needs. `owner` owns the tables. None where it may not
    /// make roles: then all connect with its own, and a warning says so.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn make_roles(&self, owner: &Client, key: &TokenKey) -> Result<Option<Roles>, DatabaseError> {
        let row = owner
            .query_one("select current_database()::text, quote_ident(current_schema())", &[])
            .await?;
        let roles = Roles::of(row.try_get(0)?, key);
        match make(owner, &roles, row.try_get(1)?).await {
            Err(error) if Failure::of(&error) == Failure::Permanent => {
                warn_without_roles(&in_words(&error));
                return Ok(None);
            }
            made => made?,
        }
        for role in roles.both() {
            match self.as_role(role).connect("check").await {
                // A rule of pg_hba.conf lets only the owner in.
                Err(error @ DatabaseError::Refused { .. }) => {
                    warn_without_roles(&error);
                    return Ok(None);
                }
                connected => drop(connected?),
            }
        }
        Ok(Some(roles))
    }

    /// The same database, whose connections have this role.
    #[must_use]
    pub fn as_role(&self, role: &Role) -> Database {
        let mut database = self.clone();
        for host in &mut database.hosts {
            host.user(&role.name).password(&role.password);
        }
        database
    }
}

async fn make(owner: &Client, roles: &Roles, schema: &str) -> Result<(), tokio_postgres::Error> {
    let fingerprint = roles.fingerprint(&identity::of(owner).await?);
    let [login, app] = roles.both().map(|role| &role.name);
    let made = "select exists (select from setting where name = $1 and value = $2)
                       and (select count(*) = 2 from pg_roles where rolname in ($3, $4))";
    let made = owner
        .query_one(made, &[&setting::SERVER_ROLES, &fingerprint, login, app])
        .await?;
    if made.try_get(0)? {
        return Ok(());
    }
    let statements = roles.statements(schema);
    // Of two that start at once, one waits for the other.
    let make = format!(
        "begin; select pg_advisory_xact_lock({lock}); {statements}
         insert into setting (name, value) values ('{name}', '{fingerprint}')
             on conflict (name) do update set value = excluded.value;
         commit",
        lock = locks::MIGRATION,
        name = setting::SERVER_ROLES,
    );
    let done = owner.batch_execute(&make).await;
    if done.is_err() {
        // Where the connection is gone, so is the transaction.
        let _ = owner.batch_execute("rollback").await;
    }
    done
}

fn warn_without_roles(why: &dyn fmt::Display) {
    tracing::warn!(
        %why,
        "application servers have no role of their own in the database and could read password hashes there: \
         let the role of this server make them (alter role … createrole), let them connect (pg_hba.conf), and start it anew"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    fn roles(database: &str, key: u8) -> Roles {
        Roles::of(database, &TokenKey::new([key; 32]))
    }

    #[test]
    fn roles_are_called_after_the_database_and_have_passwords_of_the_key() {
        let of = |roles: &Roles| roles.both().map(|role| role.name.clone());
        assert_eq!(of(&roles("tenfold", 1)), ["tenfold_login", "tenfold_app"]);
        assert_eq!(
            of(&roles("Other\"db", 1)),
            ["tenfold_login_Other\"db", "tenfold_app_Other\"db"]
        );
        assert!(of(&roles(&"ü".repeat(31), 1)).iter().all(|name| name.len() <= 63));
        let (one, other) = (roles("tenfold", 1), roles("tenfold", 2));
        assert_ne!(one.app.password, other.app.password);
        assert_ne!(one.app.password, one.login.password);
        assert_ne!(one.fingerprint("here"), other.fingerprint("here"));
        assert_ne!(one.fingerprint("here"), one.fingerprint("there"));
        let shown = format!("{one:?} {}", one.statements("public"));
        assert!(!shown.contains(&one.app.password) && !shown.contains(&one.login.password));
    }

    #[test]
    fn login_servers_may_write_every_table() {
        let of_login = RIGHTS.split(';').filter(|statement| statement.contains("{login}"));
        let words: Vec<&str> = of_login
            .flat_map(|statement| statement.split([' ', ',', '\n']))
            .collect();
        for table in schema::tables() {
            assert!(
                words.contains(&table.as_str()),
                "{table}: add it to sql/schema/roles.sql"
            );
        }
    }
}
