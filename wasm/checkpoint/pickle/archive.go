package pickle

import (
	"archive/zip"
	"errors"
	"io"
	"strconv"
	"strings"
)

// maxEntries bounds an archive's directory; a checkpoint has one entry a storage.
const maxEntries = 1 << 18

// archive is the present form: a zip of data.pkl and one stored entry a storage, data/KEY.
type archive struct {
	r       io.ReaderAt
	size    int64
	folder  string
	entries map[string]*zip.File
	found   map[string]*storage
}

func openArchive(r io.ReaderAt, size int64) (any, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, errors.New("is a zip archive that cannot be read (" + err.Error() + "): the file is truncated or damaged")
	}
	if len(z.File) > maxEntries {
		return nil, errors.New("has " + strconv.Itoa(len(z.File)) + " entries, at most " + strconv.Itoa(maxEntries) + " are read")
	}
	a := &archive{r: r, size: size, entries: map[string]*zip.File{}, found: map[string]*storage{}}
	for _, f := range z.File {
		if a.entries[f.Name] != nil {
			return nil, errors.New("entry " + strconv.Quote(f.Name) + " is there twice")
		}
		a.entries[f.Name] = f
		if folder, ok := strings.CutSuffix(f.Name, "data.pkl"); ok && strings.Count(f.Name, "/") <= 1 {
			if a.folder != "" && a.folder != folder {
				return nil, errors.New("holds two data.pkl")
			}
			a.folder = folder
		}
	}
	return a.root()
}

func (a *archive) root() (any, error) {
	if a.entries[a.folder+"constants.pkl"] != nil {
		return nil, errors.New("is a TorchScript program, not weights: save the model's state_dict() with torch.save")
	}
	if a.entries[a.folder+"data.pkl"] == nil {
		return nil, errors.New("is a zip archive without data.pkl: not a file of torch.save")
	}
	if a.entries[a.folder+"byteorder"] != nil {
		order, err := a.read("byteorder", 16)
		if err != nil {
			return nil, err
		}
		if string(order) != "little" {
			return nil, errors.New("holds numbers in " + strconv.Quote(string(order)) + " byte order, expected little")
		}
	}
	data, err := a.read("data.pkl", maxPickle)
	if err != nil {
		return nil, err
	}
	return parse(data, a.storage)
}

// locate finds an entry's bytes. Entries are stored, never compressed: torch.save writes them so, and what a compressed
// one grows to cannot be known before.
func (a *archive) locate(name string) (f *zip.File, at int64, err error) {
	f = a.entries[a.folder+name]
	what := "entry " + strconv.Quote(a.folder+name)
	switch {
	case f == nil:
		return nil, 0, errors.New(what + " is missing")
	case f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64:
		return nil, 0, errors.New(what + " is compressed, which torch.save never does: refused")
	case f.Flags&1 != 0:
		return nil, 0, errors.New(what + " is encrypted")
	}
	if at, err = f.DataOffset(); err != nil {
		return nil, 0, errors.New(what + " cannot be found: " + err.Error())
	}
	if n := int64(f.UncompressedSize64); n < 0 || at < 0 || at > a.size || n > a.size-at {
		return nil, 0, errors.New(what + " ends beyond the file")
	}
	return f, at, nil
}

func (a *archive) read(name string, limit int64) ([]byte, error) {
	f, at, err := a.locate(name)
	if err != nil {
		return nil, err
	}
	n := int64(f.UncompressedSize64)
	if n > limit {
		return nil, errors.New("entry " + strconv.Quote(name) + " has " + number(n) + " bytes, at most " + number(limit) + " are read")
	}
	data := make([]byte, n)
	if _, err := a.r.ReadAt(data, at); err != nil {
		return nil, errors.New("entry " + strconv.Quote(name) + " cannot be read: " + err.Error())
	}
	return data, nil
}

func (a *archive) storage(id []any) (*storage, error) {
	st, err := parseID(id)
	if err != nil {
		return nil, err
	}
	if old := a.found[st.key]; old != nil {
		if old.dtype != st.dtype || old.length != st.length {
			return nil, errors.New("names storage " + strconv.Quote(st.key) + " twice with different sizes")
		}
		return old, nil
	}
	f, at, err := a.locate("data/" + st.key)
	if err != nil {
		return nil, err
	}
	if want := st.length * int64(st.dtype.Size()); int64(f.UncompressedSize64) != want {
		return nil, errors.New("storage " + strconv.Quote(st.key) + " has " + strconv.FormatUint(f.UncompressedSize64, 10) + " bytes, " + number(st.length) + " elements of " + string(st.dtype) + " need " + number(want))
	}
	st.r, st.at, st.crc = a.r, at, &f.CRC32
	a.found[st.key] = st
	return st, nil
}
