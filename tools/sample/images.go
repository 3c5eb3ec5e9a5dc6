package main

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"

	"unnoise/wasm/picture"
	"unnoise/wasm/picture/resize"
)

// maxFile bounds the bytes of a picture file.
const maxFile = 1 << 30

// size is what the model's pictures are.
func (s *session) size() picture.Size {
	return picture.SizeFor(s.Net.InChannels, s.Net.Width, s.Net.Height, s.Provenance.Get("pictures"))
}

// readImage decodes a picture file.
func readImage(name string) (image.Image, error) {
	data, err := readBytes(name)
	if err != nil {
		return nil, err
	}
	about, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err == nil {
		err = picture.CheckBounds(about.Width, about.Height)
	}
	var p image.Image
	if err == nil {
		p, _, err = image.Decode(bytes.NewReader(data))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read as a picture (PNG, JPEG, GIF, WebP or BMP): %w", name, err)
	}
	return p, nil
}

// readBytes reads a whole file.
func readBytes(name string) ([]byte, error) {
	f, size, err := openInput(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > maxFile {
		return nil, fmt.Errorf("%s: has %d bytes, at most %d are read", name, size, maxFile)
	}
	data := make([]byte, size)
	if size == 0 {
		return data, nil
	}
	if _, err := f.ReadAt(data, 0); err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", name, reason(err))
	}
	return data, nil
}

// readPicture reads a picture file as the model takes it: levels, CHW.
func (s *session) readPicture(name string) ([]uint8, error) {
	p, err := readImage(name)
	if err != nil {
		return nil, err
	}
	return resize.Prepare(s.size(), p), nil
}

// readPictures reads several, before any work starts.
func (s *session) readPictures(names []string) ([][]uint8, error) {
	var list [][]uint8
	for _, name := range names {
		p, err := s.readPicture(name)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// checkPictures refuses a model whose tensors are no pictures.
func (s *session) checkPictures() error {
	if s.Net.InChannels != 1 && s.Net.InChannels != 3 {
		return fmt.Errorf("%s: draws %d channels; pictures have 1 (grey) or 3 (colour)", s.Name(), s.Net.InChannels)
	}
	return nil
}
