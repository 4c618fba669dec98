//! Sites of Configuration Manager: management points behind web servers, and the databases of clients.

mod database;
mod diagnosis;
mod register;
mod registration;

use std::collections::BTreeMap;

use kdclab_proto::Principal;

pub(super) use database::{Registration, SiteDatabase};

use super::http::Status;
use super::outcome::VerbError;
use super::world::World;
use crate::script::Script;
use crate::script::web::{ClientOfSite, CloneClient, SiteTable};

/// A site: who takes its clients' registrations, and what it knows of them.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) management_point: String,
    pub(super) application: String,
    pub(super) database: SiteDatabase,
}

impl Site {
    fn new(table: &SiteTable) -> Self {
        Self {
            management_point: table.management_point.get_ref().clone(),
            application: table.application.get_ref().clone(),
            database: SiteDatabase::default(),
        }
    }
}

impl World {
    pub(super) fn add_sites(&mut self, script: &Script) -> Result<(), VerbError> {
        for (code, table) in &script.site {
            self.sites.insert(code.get_ref().clone(), Site::new(table));
            for (host, smsid) in &table.smsid {
                self.host_mut(host.get_ref())?.smsid = Some(smsid.get_ref().clone());
            }
        }
        Ok(())
    }

    /// What an application of `host` does with a request of `user`, or of nobody who was let in.
    pub(super) fn application_request(
        &mut self,
        host: &str,
        application: &str,
        body: &[u8],
        user: Option<&Principal>,
    ) -> Status {
        let site = self
            .sites
            .iter()
            .find(|(_, site)| site.management_point == host && site.application == application);
        match site.map(|(code, _)| code.clone()) {
            Some(code) if !body.is_empty() => self.take_registration(&code, host, body, user),
            _ => Status::Ok,
        }
    }

    pub(super) fn clone_client(&mut self, clone: &CloneClient) -> Result<bool, VerbError> {
        let from = clone.from.get_ref();
        let smsid = self.smsid_of(from)?;
        let copy = &mut self.host_mut(clone.to.get_ref())?.smsid;
        Ok(copy.replace(smsid.clone()) != Some(smsid))
    }

    pub(super) fn ccm_del_cert(&mut self, host: &str) -> Result<bool, VerbError> {
        self.host_mut(host)?.smsid = None;
        self.smsid_of(host)?;
        Ok(true)
    }

    pub(super) fn delete_client(&mut self, deletion: &ClientOfSite) -> Result<bool, VerbError> {
        let smsid = self.smsid_of(deletion.client.get_ref())?;
        let code = deletion.site.get_ref();
        let site = self.sites.get_mut(code).ok_or_else(|| VerbError::Unknown {
            what: "site",
            name: code.clone(),
        })?;
        Ok(site.database.delete(&smsid))
    }
}

/// The sites by their codes.
pub(super) type Sites = BTreeMap<String, Site>;

#[cfg(test)]
mod tests;
