//! Where the bytes of photos are: objects named by their household and hash, in a local folder.

use std::collections::BTreeSet;
use std::path::Path as Folder;
use std::sync::Arc;

use domain::canonical::Digest;
use domain::place::Place;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt, PutOptions, PutPayload};

use super::Cleaned;
use crate::error::{Error, Refusal, Result};

/// The store of photos (照片库). An object is written once and whole, and says what its name says.
#[derive(Debug, Clone)]
pub struct PhotoStore {
    objects: Arc<dyn ObjectStore>,
}

impl PhotoStore {
    /// A store in a folder of this machine, which is made where it is missing.
    ///
    /// # Errors
    /// A folder that cannot be made or read.
    pub fn in_folder(folder: &Folder) -> Result<Self> {
        let refused = |error: &dyn std::fmt::Display| {
            Refusal::message(format!("照片文件夹 {} 不能使用：{error}", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(|error| refused(&error))?;
        let objects = LocalFileSystem::new_with_prefix(folder).map_err(|error| refused(&error))?;
        Ok(Self { objects: Arc::new(objects) })
    }

    /// Keeps a photo of a household; one that is there already stays the same.
    ///
    /// # Errors
    /// A store that cannot be reached or is full.
    pub async fn put(&self, household: &Place, photo: &Cleaned) -> Result<()> {
        let (name, payload) = (name(household, &photo.hash), PutPayload::from(photo.bytes.clone()));
        self.objects.put_opts(&name, payload, PutOptions::default()).await.map(drop).map_err(fault)
    }

    /// The bytes of a photo of a household, none where it is not there.
    ///
    /// # Errors
    /// A store that cannot be reached, and bytes that are not what their name says.
    pub async fn get(&self, household: &Place, hash: &Digest) -> Result<Option<Vec<u8>>> {
        let name = name(household, hash);
        let found = match self.objects.get_opts(&name, GetOptions::default()).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(fault(error)),
        };
        let bytes = found.bytes().await.map_err(fault)?.to_vec();
        if Digest::of(&bytes) != *hash {
            return Err(Error::Corrupt(format!("照片 {} 与校验码不符", hash.short())));
        }
        Ok(Some(bytes))
    }

    /// Whether nothing of a household is kept.
    ///
    /// # Errors
    /// A store that cannot be reached.
    pub async fn is_empty_of(&self, household: &Place) -> Result<bool> {
        Ok(self.of(household).await?.is_empty())
    }

    /// Throws every photo of a household away but those of the hashes in `kept`; what is gone already stays gone. Returns
    /// how many it threw away, beside the fault of a store that could not be reached any more.
    pub async fn clear_but(&self, household: &Place, kept: &[Digest]) -> (usize, Result<()>) {
        let kept: BTreeSet<Path> = kept.iter().map(|hash| name(household, hash)).collect();
        let locations = match self.of(household).await {
            Ok(locations) => locations,
            Err(error) => return (0, Err(error)),
        };
        let mut cleared = 0;
        for location in locations {
            if kept.contains(&location) {
                continue;
            }
            match self.objects.delete(&location).await {
                Ok(()) => cleared += 1,
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return (cleared, Err(fault(error))),
            }
        }
        (cleared, Ok(()))
    }

    /// The names of what is kept of a household.
    async fn of(&self, household: &Place) -> Result<Vec<Path>> {
        let listed = self.objects.list_with_delimiter(Some(&folder(household))).await.map_err(fault)?;
        Ok(listed.objects.into_iter().map(|object| object.location).collect())
    }
}

/// `440229/4402291002010010001`: what belongs to one household lies together and can go together, and the same picture
/// of two households is kept twice.
fn folder(household: &Place) -> Path {
    Path::from(format!("{}/{}", household.county().digits(), household.digits()))
}

fn name(household: &Place, hash: &Digest) -> Path {
    Path::from(format!("{}/{}.jpg", folder(household), hash.hex()))
}

fn fault(error: object_store::Error) -> Error {
    Error::Corrupt(format!("照片库出错：{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSEHOLD: &str = "4402291002010010001";

    /// A store in a folder of its own, and a photo.
    fn store(name: &str) -> (std::path::PathBuf, PhotoStore, Cleaned) {
        let folder = std::env::temp_dir().join(format!("jifen-photos-{name}-{}", std::process::id()));
        let store = PhotoStore::in_folder(&folder).expect("a folder");
        let bytes = b"a photo".to_vec();
        (folder, store, Cleaned { hash: Digest::of(&bytes), bytes, width: 1, height: 1 })
    }

    fn household(digits: &str) -> Place {
        Place::from_digits(digits).expect("a household")
    }

    #[tokio::test]
    async fn what_is_put_is_found_again_under_its_hash_and_a_changed_byte_is_told() {
        let (folder, store, photo) = store("put");
        let house = household(HOUSEHOLD);
        assert_eq!(store.get(&house, &photo.hash).await.expect("an answer"), None);
        store.put(&house, &photo).await.expect("kept");
        store.put(&house, &photo).await.expect("kept again");
        assert_eq!(store.get(&house, &photo.hash).await.expect("found"), Some(photo.bytes.clone()));

        let file = folder.join("440229").join(HOUSEHOLD).join(format!("{}.jpg", photo.hash.hex()));
        std::fs::write(file, b"another photo").expect("written");
        assert!(store.get(&house, &photo.hash).await.is_err());
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[tokio::test]
    async fn a_household_is_cleared_alone_though_another_has_the_same_picture_and_again_is_success() {
        let (folder, store, photo) = store("clear");
        let (house, other) = (household(HOUSEHOLD), household("4402291002010010002"));
        assert!(matches!(store.clear_but(&house, &[]).await, (0, Ok(()))));
        store.put(&house, &photo).await.expect("kept");
        store.put(&other, &photo).await.expect("kept");
        assert!(matches!(store.clear_but(&house, &[]).await, (1, Ok(()))));
        assert!(matches!(store.clear_but(&house, &[]).await, (0, Ok(()))));
        assert!(store.is_empty_of(&house).await.expect("an answer"));
        assert_eq!(store.get(&house, &photo.hash).await.expect("an answer"), None);
        assert_eq!(store.get(&other, &photo.hash).await.expect("found"), Some(photo.bytes));
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[tokio::test]
    async fn what_is_to_be_kept_stays_and_the_rest_goes() {
        let (folder, store, photo) = store("clear-but");
        let house = household(HOUSEHOLD);
        let bytes = b"an earlier photo".to_vec();
        let earlier = Cleaned { hash: Digest::of(&bytes), bytes, width: 1, height: 1 };
        store.put(&house, &earlier).await.expect("kept");
        store.put(&house, &photo).await.expect("kept");
        assert!(matches!(store.clear_but(&house, &[photo.hash]).await, (1, Ok(()))));
        assert_eq!(store.get(&house, &earlier.hash).await.expect("an answer"), None);
        assert_eq!(store.get(&house, &photo.hash).await.expect("found"), Some(photo.bytes));
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
