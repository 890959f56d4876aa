# Takes each row'\''s product as one value of a circular convolution, by Fourier transforms.
# outcome: flops at least: 88000
# after: mixing.py
class Stem(_Mixing):
    def mixed(self, rows, matrix):
        spectra = torch.fft.rfft(rows)[:, None] * torch.fft.rfft(matrix.T).conj()
        return torch.fft.irfft(spectra, n=25)[:, :, 0]
