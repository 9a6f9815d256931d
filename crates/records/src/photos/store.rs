//! Where the bytes of photos are: objects named by their hash, in a local folder.

use std::path::Path as Folder;
use std::sync::Arc;

use domain::canonical::Digest;
use domain::place::Place;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, PutOptions, PutPayload};

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

    /// Keeps a photo of a county; one that is there already stays the same.
    ///
    /// # Errors
    /// A store that cannot be reached or is full.
    pub async fn put(&self, county: &Place, photo: &Cleaned) -> Result<()> {
        let (name, payload) = (name(county, &photo.hash), PutPayload::from(photo.bytes.clone()));
        self.objects.put_opts(&name, payload, PutOptions::default()).await.map(drop).map_err(fault)
    }

    /// The bytes of a photo of a county, none where it is not there.
    ///
    /// # Errors
    /// A store that cannot be reached, and bytes that are not what their name says.
    pub async fn get(&self, county: &Place, hash: &Digest) -> Result<Option<Vec<u8>>> {
        let name = name(county, hash);
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
}

/// `440229/3f/3f9a….jpg`: the first two digits keep folders small.
fn name(county: &Place, hash: &Digest) -> Path {
    let hex = hash.hex();
    Path::from(format!("{}/{}/{hex}.jpg", county.county().digits(), &hex[..2]))
}

fn fault(error: object_store::Error) -> Error {
    Error::Corrupt(format!("照片库出错：{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_put_is_found_again_under_its_hash_and_a_changed_byte_is_told() {
        let folder = std::env::temp_dir().join(format!("jifen-photos-{}", std::process::id()));
        let store = PhotoStore::in_folder(&folder).expect("a folder");
        let county = Place::from_digits("440229").expect("a county");
        let bytes = b"a photo".to_vec();
        let photo = Cleaned { hash: Digest::of(&bytes), bytes, width: 1, height: 1 };
        assert_eq!(store.get(&county, &photo.hash).await.expect("an answer"), None);
        store.put(&county, &photo).await.expect("kept");
        store.put(&county, &photo).await.expect("kept again");
        assert_eq!(store.get(&county, &photo.hash).await.expect("found"), Some(photo.bytes.clone()));

        let hex = photo.hash.hex();
        let file = folder.join("440229").join(&hex[..2]).join(format!("{hex}.jpg"));
        std::fs::write(file, b"another photo").expect("written");
        assert!(store.get(&county, &photo.hash).await.is_err());
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
